from clinic import create_app
from clinic.jobs import start

app = create_app()

if __name__ == "__main__":
    start()
    app.run(host="127.0.0.1", port=8000)
