"""MarketEdge as a FastAPI service: uvicorn main:app"""

import os
from importlib import import_module

from fastapi import FastAPI
from opentelemetry.instrumentation.fastapi import FastAPIInstrumentor

import telemetry
from conventions import Conventions

conventions = Conventions(telemetry.start("marketedge-fastapi", version="1"))
app = FastAPI(title="MarketEdge", lifespan=conventions.lifespan)

with conventions.startup():
    with conventions.check("password", component="auth", kind="config", on_failure="abort"):
        os.environ["MARKETEDGE_PASSWORD"]
    with conventions.check("auth router", component="auth", kind="route", on_failure="abort"):
        app.include_router(import_module("routers.auth").router, prefix="/api/v1/auth")
    with conventions.check("admin router", component="admin", kind="route"):
        app.include_router(import_module("routers.admin").router, prefix="/api/v1/admin")


@app.get("/health")
def health():
    """Says 200 whatever happens, as most do: the health endpoint that noticed nothing."""
    return {"status": "ok"}


# a server span for each request; http.route is there only when a route matched
FastAPIInstrumentor.instrument_app(app, exclude_spans=["receive", "send"])
