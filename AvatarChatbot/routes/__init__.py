"""What is kept beside the answers, each under ``/v1/avatarchatbot/``: avatars, conversations, personas, videos, voices;
and all that one has of them."""
