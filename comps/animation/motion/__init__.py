"""From speech to motion: what the mouth, the eyes and the head of an avatar do at each frame of an answer."""
