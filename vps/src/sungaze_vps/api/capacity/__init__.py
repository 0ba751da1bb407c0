"""`GET /v1/capacity/...`: the routes, what they answer, and how OpenAPI describes it."""
