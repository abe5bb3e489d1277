"""``/docs``: what a service's OpenAPI document says, to read and to try. Swagger UI's files come from this machine alone."""

from __future__ import annotations

from fastapi import FastAPI, Request
from fastapi.openapi.docs import get_swagger_ui_html
from fastapi.responses import HTMLResponse
from fastapi.staticfiles import StaticFiles

_PATH, _FILES = "/docs", "/docs/files"


def serve(app: FastAPI) -> None:
    """Serve the page."""

    async def docs(request: Request) -> HTMLResponse:
        # Behind a proxy that takes a prefix off.
        prefix = request.scope.get("root_path", "").rstrip("/")
        files = f"{prefix}{_FILES}"
        return get_swagger_ui_html(
            openapi_url=f"{prefix}{app.openapi_url}",
            title=app.title,
            swagger_js_url=f"{files}/swagger-ui-bundle.js",
            swagger_css_url=f"{files}/swagger-ui.css",
            swagger_favicon_url=f"{files}/favicon-32x32.png",
        )

    app.add_api_route(_PATH, docs, methods=["GET"], include_in_schema=False)
    app.mount(_FILES, StaticFiles(packages=[("fastapi_swagger", "resources")]))
