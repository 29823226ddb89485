"""The OpenAPI document, made of the registered functions, the types of the API, and one table of its operations."""
