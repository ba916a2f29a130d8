"""Settings, URLs and views of Django in one module."""

import os

from agent import answer, stream
from django.core.wsgi import get_wsgi_application
from django.http import HttpResponse, StreamingHttpResponse
from django.urls import path

ROOT_URLCONF = "django_app"
ALLOWED_HOSTS = ["*"]
SECRET_KEY = "x"
MIDDLEWARE = []


def sync(request):
    answer(int(request.GET["request"]))
    return HttpResponse("{}")


def streamed(request):
    return StreamingHttpResponse(stream(int(request.GET["request"])))


urlpatterns = [path("sync", sync), path("stream", streamed)]

if __name__ == "__main__":
    from werkzeug.serving import run_simple

    run_simple("127.0.0.1", int(os.environ["PORT"]), get_wsgi_application(), threaded=True)
