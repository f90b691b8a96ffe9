"""What a load balancer or an operator asks: does the process live, and can it work."""

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.cache import never_cache

from chat import readiness
from chat.live.runner import current_runner


async def healthz(request: HttpRequest) -> HttpResponse:
    """200 as long as the process answers at all."""
    return HttpResponse("ok\n", content_type="text/plain")


@never_cache
async def readyz(request: HttpRequest) -> JsonResponse:
    """200 or 503, with each check's ``ok`` or the sentence that says what to do."""
    restarting = "" if current_runner().accepting else "The server is being restarted."
    problems = {"server": restarting, **await readiness.problems()}
    ready = not any(problems.values())
    checks = {name: problem or "ok" for name, problem in problems.items()}
    return JsonResponse({"ready": ready, "checks": checks}, status=200 if ready else 503)
