"""The weight-free talking head: a picture is warped by its landmarks. ``rig.build`` once an avatar, ``Renderer`` a frame."""
