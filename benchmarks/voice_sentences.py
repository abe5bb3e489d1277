"""Fifty English sentences to try a voice with: names, numbers, questions, everyday talk. Quality is rated on ``TEN`` of them."""

from __future__ import annotations

NAMES = (
    "My name is Jonathan Miller, and I was born in Chicago.",
    "Margaret and her brother Thomas live in San Francisco.",
    "Professor Anderson teaches history at Harvard University.",
    "Have you ever been to Washington or to New York City?",
    "Emily Johnson wrote a letter to President Lincoln.",
    "Robert drove from Boston to Philadelphia last Tuesday.",
    "Alexander Hamilton was born on an island in the Caribbean.",
    "Doctor Williams will see you on Monday morning.",
    "Elizabeth speaks German, Spanish and a little Russian.",
    "We met Charlotte and Benjamin at the station in London.",
)
NUMBERS = (
    "The train leaves at seven thirty, so we should be there by a quarter past six.",
    "That costs twenty nine dollars, which is rather cheap.",
    "There are three hundred and sixty five days in a year.",
    "My grandmother turned ninety two on the fourth of July.",
    "The mountain is more than eight thousand meters high.",
    "Only fifteen of the forty students passed the exam.",
    "The recipe needs two cups of flour and half a cup of sugar.",
    "In nineteen sixty nine, two men walked on the moon.",
    "The second chapter begins on page one hundred and twelve.",
    "Seventy percent of the people said yes, and ten percent said no.",
)
QUESTIONS = (
    "Could you tell me where the nearest pharmacy is?",
    "Is this your first visit to our museum?",
    "What is the capital of France, and how many people live there?",
    "Do you like coffee, or would you rather have tea?",
    "How long does it take to learn a new language?",
    "Are you sure that the door was locked?",
    "Why is the sky blue during the day and red in the evening?",
    "Did anybody call while I was away?",
    "Where did you put the keys to the car?",
    "Would you like me to explain that again?",
)
TALK = (
    "Please bring my big map, Bob, before the others buy more bumpers.",
    "I am warm, curious and quick to smile, and I like long walks by the river in the evening.",
    "Good morning everyone, we will go along the river now.",
    "She had your dark suit in greasy wash water all year.",
    "I think you should see a doctor, because this does not look good at all.",
    "The quick brown fox jumps over the lazy dog.",
    "Well, I am not quite sure, but let me check it first.",
    "Take the second street on the left, then walk straight ahead.",
    "It will rain in the afternoon, so do not forget your umbrella.",
    "Thank you very much for your help, it was a great pleasure to talk to you.",
    "The children were playing in the garden when the storm began.",
    "Water boils faster when you put a lid on the pot.",
    "He opened the window and looked out over the quiet street.",
    "No, that is not what I meant, but never mind.",
    "Our shop is open every day, except on Sundays.",
    "Bees make honey from the nectar of flowers.",
    "If you want to sleep well, put your phone away in the evening.",
    "The old bridge was closed, so the bus took a different road.",
    "I would love to show you the pictures from our holiday.",
    "Fresh bread and good cheese are all that I need for lunch.",
)
SENTENCES = NAMES + NUMBERS + QUESTIONS + TALK
TEN = (NAMES[0], NUMBERS[0], NUMBERS[1], QUESTIONS[0], QUESTIONS[2], *TALK[:5])
