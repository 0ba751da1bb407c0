"""`GET /v1/series`: what was measured, in buckets of local time."""

from fastapi import APIRouter

router = APIRouter()
