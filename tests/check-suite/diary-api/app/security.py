import os

import jwt
from fastapi import Header, HTTPException

from .settings import settings


def signed_in(authorization: str = Header("")) -> str:
    token = authorization.removeprefix("Bearer ")
    try:
        claims = jwt.decode(token, os.environ["DIARY_JWT_SECRET"], algorithms=[settings.jwt_algorithm])
    except jwt.PyJWTError:
        raise HTTPException(401, "Sign in first")
    return claims["sub"]
