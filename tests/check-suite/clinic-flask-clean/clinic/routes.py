import logging
from functools import wraps

import ombud
from flask import Blueprint, abort, jsonify, render_template_string, request, session
from markupsafe import escape

from . import llm, memory, records

bp = Blueprint("clinic", __name__)
log = logging.getLogger("clinic")


@ombud.consent_prompt
def ask(question):
    session["memory_question"] = question.show()
    return question.reply(session.get("memory_answer", "no"), "web")


def patient_only(view):
    @wraps(view)
    def inner(*args, **kwargs):
        patient = session.get("patient")
        if patient is None:
            abort(401)
        with ombud.subject(patient):
            return view(patient, *args, **kwargs)

    return inner


@bp.get("/")
def index():
    question = escape(session.get("memory_question", ""))
    return f"<h1>智能医助</h1><form method=post action=/me>{question}<button name=answer value=yes>同意<button name=answer value=no>不同意"


@bp.post("/login")
def login():
    session["patient"] = records.patient_of(request.form["card"], request.form["pin"])
    return jsonify(ok=session["patient"] is not None)


@bp.get("/greet")
@patient_only
def greet(patient):
    return render_template_string("<p>您好，{{ name }}</p>", name=request.args.get("name", ""))


@bp.post("/consult")
@patient_only
def consult(patient):
    text = request.get_json()["text"]
    try:
        history = memory.search(patient, text)
        memory.add(patient, text)
    except ombud.ConsentRequired:
        history = []
    records.save(patient, text)
    log.info("consult: %d tokens, token bucket ok", len(text))
    return jsonify(answer=llm.triage(history, text), echo=str(escape(text)))


@bp.post("/me")
@patient_only
def choose(patient):
    session["memory_answer"] = request.form["answer"]
    return jsonify(answer=session["memory_answer"])


@bp.delete("/me")
@patient_only
def erase(patient):
    memory.erase(patient)
    records.erase(patient)
    return jsonify(erased=True)
