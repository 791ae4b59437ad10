"""The pages people look at."""

from fastapi import APIRouter

router = APIRouter(include_in_schema=False)
