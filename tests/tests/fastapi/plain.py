"""A service with OpenTelemetry's own instrumentation, and nothing of Bellwether's."""

from fastapi import FastAPI, HTTPException
from opentelemetry.instrumentation.fastapi import FastAPIInstrumentor

import telemetry

telemetry.start("marketedge-fastapi", version="1")
app = FastAPI()


@app.get("/api/v1/auth/users/{name}")
def user(name: str):
    raise HTTPException(404, f"there is no user {name}")


FastAPIInstrumentor.instrument_app(app)
