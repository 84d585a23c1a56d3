import os

import jwt
from fastapi import Depends, Header, HTTPException

from . import db

MEMORY = "memory.personalise"


def signed_in(authorization: str = Header("")) -> str:
    token = authorization.removeprefix("Bearer ")
    try:
        return jwt.decode(token, os.environ["DIARY_JWT_SECRET"], algorithms=["HS256"])["sub"]
    except jwt.PyJWTError:
        raise HTTPException(401, "Sign in first")


def remembers(owner: str = Depends(signed_in)) -> str:
    if not db.has_consent(owner, MEMORY):
        raise HTTPException(403, "You did not agree that earlier entries are read")
    return owner
