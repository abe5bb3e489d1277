"""GFPGAN: restores faces (Wang et al., Towards Real-World Blind Face Restoration with Generative Facial Prior, 2021)."""
