"""A persona that answers about itself without a language model: from the sentences of its card, in the first person."""
