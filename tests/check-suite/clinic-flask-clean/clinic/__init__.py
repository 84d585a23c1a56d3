import os

from flask import Flask
from flask_limiter import Limiter
from flask_limiter.util import get_remote_address

limiter = Limiter(get_remote_address, default_limits=["6 per minute"])


def create_app():
    app = Flask(__name__)
    app.config["SECRET_KEY"] = os.environ["CLINIC_SECRET"]
    app.config["SESSION_COOKIE_SECURE"] = True
    limiter.init_app(app)
    from . import routes

    app.register_blueprint(routes.bp)
    return app
