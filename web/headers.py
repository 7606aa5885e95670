"""What every answer tells the browser: where scripts, images and uploads may come from and go to."""

from flask import Flask, Response, request

#: A year; only over HTTPS.
_HSTS = "max-age=31536000"


def install(app: Flask, *, https: bool, upload_origin: str) -> None:
    """`upload_origin` is the bucket's, or empty when uploads go through the panel."""
    policy = content_security_policy(upload_origin)

    @app.after_request
    def add(response: Response) -> Response:
        headers = response.headers
        headers.setdefault("Content-Security-Policy", policy)
        headers.setdefault("X-Content-Type-Options", "nosniff")
        headers.setdefault("Referrer-Policy", "same-origin")
        headers.setdefault("X-Frame-Options", "DENY")
        headers.setdefault("Cross-Origin-Opener-Policy", "same-origin")
        headers.setdefault("Cross-Origin-Resource-Policy", "same-origin")
        headers.setdefault("Permissions-Policy", "camera=(), geolocation=(), microphone=()")
        if request.endpoint != "static":
            headers.setdefault("Cache-Control", "no-store")
        if https:
            headers.setdefault("Strict-Transport-Security", _HSTS)
        return response


def content_security_policy(upload_origin: str) -> str:
    """Nothing but our own files, and no inline script or style."""
    rules = {
        "default-src": "'none'",
        "script-src": "'self'",
        "style-src": "'self'",
        "img-src": "'self'",
        "connect-src": f"'self' {upload_origin}".strip(),
        "form-action": "'self'",
        "base-uri": "'none'",
        "frame-ancestors": "'none'",
    }
    return "; ".join(f"{name} {value}" for name, value in rules.items())
