"""``/docs``: what a service's OpenAPI document says, to read and to try. Swagger UI's files come from this machine alone."""

from __future__ import annotations

import base64
import hashlib
import re

from fastapi import FastAPI
from fastapi.openapi.docs import get_swagger_ui_html
from fastapi.responses import HTMLResponse
from fastapi.staticfiles import StaticFiles

PATH = "/docs"
_FILES = f"{PATH}/files"
#: Its own files, its one script, styles that Swagger UI writes into elements, and the pictures in its style sheet.
_POLICY = (
    "default-src 'none'; script-src 'self' '{script}'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)


def serve(app: FastAPI) -> str:
    """Serve the page. Its Content-Security-Policy."""
    # Relative to the page: a proxy may take a prefix off.
    files = _FILES.removeprefix("/")
    page = get_swagger_ui_html(
        openapi_url=str(app.openapi_url).removeprefix("/"),
        title=app.title,
        swagger_js_url=f"{files}/swagger-ui-bundle.js",
        swagger_css_url=f"{files}/swagger-ui.css",
        swagger_favicon_url=f"{files}/favicon-32x32.png",
    )
    html = bytes(page.body)

    async def docs() -> HTMLResponse:
        return HTMLResponse(html)

    app.add_api_route(PATH, docs, methods=["GET"], include_in_schema=False)
    app.mount(_FILES, StaticFiles(packages=[("fastapi_swagger", "resources")]))
    return _POLICY.format(script=_hash(html))


def _hash(html: bytes) -> str:
    """Of the one script that is in the page itself (CSP3 §6.7.2.3)."""
    (script,) = re.findall(rb"<script>(.*?)</script>", html, re.DOTALL)
    return "sha256-" + base64.b64encode(hashlib.sha256(script).digest()).decode()
