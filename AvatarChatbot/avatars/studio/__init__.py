"""The project's own portrait studio: characters given by parameters, sculpted as reliefs, lit and painted with numpy and OpenCV.

Reading order: ``canvas`` (coordinates) → ``relief`` (shapes) → ``light`` (shading) → ``face``, ``eyes``, ``hair``, ``clothes``,
``backdrop`` (what is drawn) → ``characters`` (who is drawn) → ``portrait`` (the picture).
"""
