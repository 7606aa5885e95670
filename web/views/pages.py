"""The pages. Each is a frame that its script fills from the JSON that machines get too."""

from http import HTTPStatus

from flask import Blueprint, jsonify, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue

from foundation.store_names import STORE_NAMES
from web.access import own_path
from web.panel import panel

blueprint = Blueprint("pages", __name__)


@blueprint.get("/health")
def health() -> ResponseReturnValue:
    """The process answers. It tells nothing of what it depends on: a load balancer must not restart it for those."""
    return jsonify(status="ok")


@blueprint.route("/sign-in", methods=["GET", "POST"])
def sign_in() -> ResponseReturnValue:
    target = own_path(request.values.get("next"))
    if request.method == "POST":
        if panel().gate.sign_in(request.form.get("password", "")):
            return redirect(target or url_for("pages.documents"), HTTPStatus.SEE_OTHER)
        return render_template("sign_in.html", next=target, wrong=True), HTTPStatus.UNAUTHORIZED
    return render_template("sign_in.html", next=target, wrong=False)


@blueprint.post("/sign-out")
def sign_out() -> ResponseReturnValue:
    session.clear()
    return redirect(url_for("pages.sign_in"), HTTPStatus.SEE_OTHER)


@blueprint.get("/")
def documents() -> ResponseReturnValue:
    return render_template("documents.html", max_bytes=panel().uploads.max_bytes)


@blueprint.get("/documents/<document_id>")
def document(document_id: str) -> ResponseReturnValue:
    return render_template("document.html", document_id=document_id)


@blueprint.get("/runs")
def runs() -> ResponseReturnValue:
    return render_template("runs.html", stores=STORE_NAMES, prefix=panel().artifacts.pdf_prefix)


@blueprint.get("/runs/<run_id>")
def run(run_id: str) -> ResponseReturnValue:
    return render_template("run.html", run_id=run_id)


@blueprint.get("/queue")
def queue() -> ResponseReturnValue:
    return render_template("queue.html")


@blueprint.get("/stores")
def stores() -> ResponseReturnValue:
    return render_template("stores.html", stores=STORE_NAMES)


@blueprint.get("/settings")
def config() -> ResponseReturnValue:
    return render_template("config.html")


@blueprint.get("/config")
def old_config() -> ResponseReturnValue:
    """Where the settings were before."""
    return redirect(url_for("pages.config"), HTTPStatus.MOVED_PERMANENTLY)


@blueprint.get("/costs")
def costs() -> ResponseReturnValue:
    return render_template("costs.html")


@blueprint.get("/search")
def search() -> ResponseReturnValue:
    return render_template("search.html", stores=STORE_NAMES, has_model=panel().answers.has_model)


@blueprint.get("/ask")
def ask() -> ResponseReturnValue:
    """Where questions were asked before the page could search as well."""
    query = request.query_string.decode("ascii", "ignore")
    return redirect(f"{url_for('pages.search')}?{query}", HTTPStatus.MOVED_PERMANENTLY)


@blueprint.get("/inspector")
def inspector() -> ResponseReturnValue:
    return render_template("inspector.html", stores=STORE_NAMES)
