"""Networks in their plain form, layer by layer as they were published: what ours are compared with, and timed beside."""
