"""The API's own errors, by HTTP status."""

TYPES = {
    400: "invalid_request_error",
    401: "authentication_error",
    402: "billing_error",
    403: "permission_error",
    404: "not_found_error",
    408: "timeout_error",
    409: "conflict_error",
    413: "request_too_large",
    422: "invalid_request_error",
    429: "rate_limit_error",
    500: "api_error",
    502: "api_error",
    503: "api_error",
    504: "timeout_error",
    529: "overloaded_error",
}

MESSAGES = {
    "authentication_error": "invalid x-api-key",
    "billing_error": "Your credit balance is too low to access the Anthropic API.",
    "permission_error": "Your API key does not have permission to use the specified resource.",
    "request_too_large": "Request exceeds the maximum allowed number of bytes.",
    "rate_limit_error": "This request would exceed your organization's rate limit.",
    "api_error": "Internal server error",
    "timeout_error": "Request timed out",
    "overloaded_error": "Overloaded",
}


class ApiError(Exception):
    """A request that the API answers with an error: HTTP status, error type, message and (rarely) error code."""

    def __init__(self, status: int, message: str = "", kind: str = "", code: str = "") -> None:
        self.status = status
        self.code = code
        self.kind = kind or TYPES.get(status, "api_error" if status >= 500 else "invalid_request_error")
        self.message = message or MESSAGES.get(self.kind, "The request was refused.")
        super().__init__(f"{status} {self.kind}: {self.message}")
