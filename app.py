"""The panel: `python app.py` serves it, `gunicorn 'app:create_app()'` does too.

settings → parts → the Flask app: access, headers, errors, one blueprint a subject
"""

import argparse
import sys
from datetime import timedelta

from flask import Flask
from werkzeug.middleware.proxy_fix import ProxyFix

from composition.parts import Parts
from config import Settings, load_settings
from foundation.errors import SettingsError
from foundation.logs import configure_logs
from foundation.setting_values import MIN_SECRET_KEY_CHARACTERS
from web import api, compression, headers, problems, public_address
from web.access import SESSION_HOURS, Gate
from web.panel import Panel, install
from web.passwords import Password
from web.views import (
    chat,
    config,
    costs,
    documents,
    images,
    pages,
    queue,
    reader,
    runs,
    search,
    stores,
    tables,
    uploads,
)

#: Bodies of everything but uploads.
MAX_BODY_BYTES = 1 << 20
BLUEPRINTS = (pages, documents, uploads, runs, queue, stores, config, costs, chat, images, reader, tables, search)
DEFAULT_BIND = "127.0.0.1:8000"


def create_app(settings: Settings | None = None, parts: Parts | None = None) -> Flask:
    """The panel over these parts, by default those that the environment names.

    Raises SettingsError without APP_PASSWORD and SECRET_KEY: a panel that anyone may use is no panel.
    """
    if settings is None:
        settings = load_settings()
        configure_logs(settings.log_format, settings.log_level)
    password, secret_key = _secrets(settings)
    app = Flask(__name__, template_folder="web/templates", static_folder="web/static")
    app.config.update(
        SECRET_KEY=secret_key,
        MAX_CONTENT_LENGTH=MAX_BODY_BYTES,
        SESSION_COOKIE_NAME="__Host-panel" if settings.panel_https else "panel",
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SECURE=settings.panel_https,
        SESSION_COOKIE_SAMESITE="Lax",
        PERMANENT_SESSION_LIFETIME=timedelta(hours=SESSION_HOURS),
        SESSION_REFRESH_EACH_REQUEST=False,
        SEND_FILE_MAX_AGE_DEFAULT=0,  # asked for again, answered 304: a browser never mixes two versions
    )
    app.json.sort_keys = False  # type: ignore[attr-defined]  # settings are shown in the order of their fields
    if settings.panel_trusted_proxies:
        hops = settings.panel_trusted_proxies
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=hops, x_proto=hops)  # type: ignore[method-assign]
    token = settings.app_api_token.get_secret_value() if settings.app_api_token else password
    gate = Gate(Password(password), Password(token), secret_key)
    panel = Panel(settings, parts or Parts(settings, a_person_waits=True), gate)
    install(app, panel)
    problems.install(app)
    compression.install(app)
    if settings.public_url:
        public_address.install(app, settings.public_url)
    headers.install(app, https=settings.panel_https, upload_origin=panel.uploads.origin)
    for module in BLUEPRINTS:
        app.register_blueprint(module.blueprint)
    api.install(app)
    gate.install(app)
    return app


def main(arguments: list[str] | None = None) -> int:
    """Serve until SIGTERM. Exit code 2 for wrong settings."""
    parser = argparse.ArgumentParser(description="The admin panel and chat.")
    parser.add_argument("--bind", default=DEFAULT_BIND, help=f"address and port, by default {DEFAULT_BIND}")
    options = parser.parse_args(arguments)
    from web.server import serve

    try:
        settings = load_settings()
        create_app(settings)  # what is wrong is said here in one line; the server's process makes its own
    except SettingsError as error:
        sys.stderr.write(f"error: {error}\n")
        return 2
    configure_logs(settings.log_format, settings.log_level)
    serve(lambda: create_app(settings), options.bind)
    return 0


def _secrets(settings: Settings) -> tuple[str, str]:
    given = {"APP_PASSWORD": settings.app_password, "SECRET_KEY": settings.secret_key}
    missing = [name for name, secret in given.items() if secret is None]
    if missing:
        raise SettingsError(f"the panel needs {' and '.join(missing)}")
    assert settings.app_password is not None
    assert settings.secret_key is not None
    if len(settings.secret_key.get_secret_value()) < MIN_SECRET_KEY_CHARACTERS:
        raise SettingsError(
            f"SECRET_KEY is too short to sign sessions with: take {MIN_SECRET_KEY_CHARACTERS} random characters or more"
        )
    return settings.app_password.get_secret_value(), settings.secret_key.get_secret_value()


if __name__ == "__main__":
    sys.exit(main())
