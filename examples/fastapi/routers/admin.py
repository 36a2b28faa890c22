"""The admin panel: what Zebra Associates pays for, and what went missing."""

from fastapi import APIRouter, HTTPException

from reports import REPORTS
from routers.auth import User

router = APIRouter()


@router.get("/dashboard")
def dashboard(user: User):
    return {"user": user, "reports": list(REPORTS)}


@router.get("/reports/{name}")
def report(user: User, name: str):
    if name not in REPORTS:
        raise HTTPException(404, "no such report")  # the service's own 404: the route is there
    return REPORTS[name]
