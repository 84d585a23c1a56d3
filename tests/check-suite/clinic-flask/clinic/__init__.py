from flask import Flask


def create_app():
    app = Flask(__name__)
    app.config["SECRET_KEY"] = "c9f1e07ab3d24f6c8a51b2e97d40f3aa"
    from . import routes

    app.register_blueprint(routes.bp)
    return app
