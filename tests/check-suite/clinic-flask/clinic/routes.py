from functools import wraps

from flask import Blueprint, abort, jsonify, render_template_string, request, session

from . import llm, memory, records

bp = Blueprint("clinic", __name__)

PAGE = "<h1>智能医助</h1><div id=box></div>"


def doctor_only(view):
    @wraps(view)
    def inner(*args, **kwargs):
        if session.get("role") != "doctor":
            abort(403)
        return view(*args, **kwargs)

    return inner


@bp.get("/")
def index():
    return PAGE


@bp.post("/consult")
def consult():
    body = request.get_json()
    patient, text = body["patient_id"], body["text"]
    history = [{"role": "user", "content": line} for line in memory.search(patient, text)]
    answer = llm.triage(history, text)
    memory.add(patient, text)
    records.save(records.anonymise(patient), text, answer)
    return jsonify(answer=answer, drugs=llm.drug_names(text))


@bp.post("/report")
@doctor_only
def report():
    text = llm.ocr(request.files["card"])
    return jsonify(answer=llm.explain(text))


@bp.get("/records")
@doctor_only
def listing():
    return jsonify(records.last(int(request.args.get("n", 20))))


@bp.get("/greet")
def greet():
    return render_template_string("<p>您好，" + request.args.get("name", "") + "</p>")
