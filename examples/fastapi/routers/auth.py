"""Sign-in: a user name and a password for a bearer token."""

import os
import secrets
from typing import Annotated

from fastapi import APIRouter, Depends, HTTPException
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from pydantic import BaseModel

router = APIRouter()
sessions: dict[str, str] = {}


class Credentials(BaseModel):
    username: str
    password: str


def signed_in(bearer: Annotated[HTTPAuthorizationCredentials, Depends(HTTPBearer())]) -> str:
    """Returns the user that a bearer token was given to."""
    if bearer.credentials not in sessions:
        raise HTTPException(401, "unknown token")
    return sessions[bearer.credentials]


User = Annotated[str, Depends(signed_in)]


@router.post("/login")
def login(credentials: Credentials):
    expected = os.environ["MARKETEDGE_PASSWORD"]
    if not secrets.compare_digest(credentials.password.encode(), expected.encode()):
        raise HTTPException(401, "wrong user name or password")
    token = secrets.token_urlsafe()
    sessions[token] = credentials.username
    return {"access_token": token, "token_type": "Bearer"}


@router.get("/me")
def me(user: User):
    return {"username": user}
