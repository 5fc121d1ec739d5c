"""All settings, read from the environment alone; docs/configuration.md explains each variable."""

import os
from datetime import timedelta
from pathlib import Path
from typing import Any, cast

from django.contrib.messages import constants
from django.core.exceptions import ImproperlyConfigured
from django.utils.csp import CSP
from django.utils.translation import gettext_lazy as _
from environs import Env, EnvValidationError, validate
from kombu import Queue
from whitenoise.compress import Compressor

from lrs_tracker import embedded, logging, secret_key
from lrs_tracker.service_urls import (
    broker_url,
    parse_base_url,
    parse_database_url,
    parse_email_url,
    parse_networks,
    parse_redis_url,
)

BASE_DIR = Path(__file__).resolve().parent.parent

# --- Environment: everything is read here, so that one message can name all that is missing or wrong.

env = Env(eager=False)
env.add_parser("database", parse_database_url)
env.add_parser("redis", parse_redis_url)
env.add_parser("email", parse_email_url)
env.add_parser("base_url", parse_base_url)
env.add_parser("networks", parse_networks)

LOCAL = env.bool("LOCAL", default=False)
DEBUG = env.bool("DEBUG", default=not LOCAL)
PRODUCTION = not (DEBUG or LOCAL)
VAR_DIR = Path(env.str("VAR_DIR", default=str(BASE_DIR / "var"))).resolve()
# The embedded servers stand in for each URL that is not given; `manage.py` holds them while it runs.
EMBEDDED_ENGINES = embedded.Engines(
    VAR_DIR,
    wanted=tuple(
        engine
        for engine, variable in (("postgres", "DATABASE_URL"), ("valkey", "REDIS_URL"))
        if not PRODUCTION and variable not in os.environ
    ),
    durable=env.bool("EMBEDDED_DURABLE", default=True),
)

if PRODUCTION:
    SECRET_KEY = env.str("SECRET_KEY", validate=validate.Length(min=50, error="it must have at least 50 characters"))
    ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", validate=validate.Length(min=1, error="it names no host"))
    database = env.database("DATABASE_URL")
    REDIS_URL = env.redis("REDIS_URL")
    BASE_URL = env.base_url("BASE_URL", is_safe=True)
else:
    SECRET_KEY = env.str("SECRET_KEY", default="") or secret_key.load_or_create(VAR_DIR / "secret_key")
    ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=["localhost", "127.0.0.1", "[::1]"])
    database = env.database("DATABASE_URL", default=EMBEDDED_ENGINES.database_url)
    REDIS_URL = env.redis("REDIS_URL", default=EMBEDDED_ENGINES.redis_url)
    BASE_URL = env.base_url("BASE_URL", default=f"http://localhost:{env.int('PORT', default=8000)}")
CSRF_TRUSTED_ORIGINS: list[str] = env.list("CSRF_TRUSTED_ORIGINS", default=[])
API_REQUESTS_PER_MINUTE = env.int("API_REQUESTS_PER_MINUTE", default=1200, validate=validate.Range(min=1))
API_WAITING_REQUESTS = env.int("API_WAITING_REQUESTS", default=1, validate=validate.Range(min=0))
METRICS_TOKEN = env.str(
    "METRICS_TOKEN", default="", validate=validate.Length(min=20, error="it must have at least 20 characters")
)
REMINDERS_HOLD_ABOVE = env.int("REMINDERS_HOLD_ABOVE", default=1000, validate=validate.Range(min=1))
REMINDERS_LEASE_SECONDS = env.int("REMINDERS_LEASE_SECONDS", default=120, validate=validate.Range(min=5))
REMINDERS_TICK_SECONDS = env.int("REMINDERS_TICK_SECONDS", default=60, validate=validate.Range(min=1))
CRM_SYNC_SECONDS = env.int("CRM_SYNC_SECONDS", default=300, validate=validate.Range(min=10))
DATABASE_POOL_SIZE = env.int("DATABASE_POOL_SIZE", default=4)
DEFAULT_FROM_EMAIL = env.str("DEFAULT_FROM_EMAIL", default="LRS Tracker <lrs-tracker@localhost>")
EMAIL = env.email("EMAIL_URL", default="smtp://localhost" if PRODUCTION else (VAR_DIR / "mail").as_uri())
OUTGOING_NETWORKS = env.networks("OUTGOING_NETWORKS", default="")
LOG_FORMAT = env.str("LOG_FORMAT", default="json" if PRODUCTION else "text")
LOG_LEVEL = env.str("LOG_LEVEL", default="INFO")
STORAGE = cast(dict[str, Any], env.json("STORAGE", default={}))
TRUSTED_PROXIES = env.int("TRUSTED_PROXIES", default=0)
HASHED_STATIC = env.bool("HASHED_STATIC", default=not DEBUG)
try:
    env.seal()
except EnvValidationError as error:
    found = cast(dict[str, list[str]], error.error_messages)
    problems = " ".join(f"{name}: {' '.join(messages)}" for name, messages in found.items())
    raise ImproperlyConfigured(f"LRS Tracker cannot start. {problems} See docs/configuration.md.") from None

# --- Application

LOCAL_APPS = ["accounts", "money", "companies", "plants", "deals", "royalties", "reminders", "crm", "sync"]
INSTALLED_APPS = [
    "lrs_tracker.apps.ProjectConfig",
    *LOCAL_APPS,
    "lrs_tracker.admin_site.AdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.postgres",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "django.forms",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "django_filters",
    "django_htmx",
    # Not rest_framework itself: of its pages and tags, which every web worker would load, none is used.
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "import_export",
    "pgtrigger",
]
MIDDLEWARE = [
    "lrs_tracker.request_ids.RequestIdMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "django.middleware.csp.ContentSecurityPolicyMiddleware",
    "lrs_tracker.request_size.RequestSizeMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.middleware.gzip.GZipMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "lrs_tracker.clock.ReaderMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "lrs_tracker.blank_refusals.BlankRefusalMiddleware",
    "lrs_tracker.signed_out.SignedOutMiddleware",
    "lrs_tracker.change_log.ChangeContextMiddleware",
]
ROOT_URLCONF = "lrs_tracker.urls"
WSGI_APPLICATION = "lrs_tracker.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "django.template.context_processors.i18n",
                "lrs_tracker.appearance.appearance",
                "deals.views.saved_views.pinned_views",
            ],
        },
    },
]
FORM_RENDERER = "lrs_tracker.form_renderer.FormRenderer"

# --- Engines

DATABASES = {"default": database}
DATABASES["default"]["OPTIONS"]["pool"] = {
    "min_size": 1,
    "max_size": DATABASE_POOL_SIZE,
    "num_workers": 1,
    "timeout": 5,
}
# Statements that have their values beside them, see `lrs_tracker.prepared`, are prepared at once.
DATABASES["default"]["OPTIONS"]["prepare_threshold"] = 0
DATABASES["default"]["CONN_HEALTH_CHECKS"] = True
CACHES = {
    "default": {
        "BACKEND": "lrs_tracker.cache.ValkeyCache",
        "LOCATION": REDIS_URL,
        "KEY_PREFIX": "lrs",
    }
}
SESSION_ENGINE = "django.contrib.sessions.backends.cached_db"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
MAILERS = {"default": EMAIL}

# --- Static files and uploads

STATIC_URL = "/static/"
STATIC_ROOT = BASE_DIR / "staticfiles"
STATICFILES_DIRS = [("dist", BASE_DIR / "static" / "dist"), ("img", BASE_DIR / "static" / "img")]
WHITENOISE_AUTOREFRESH = WHITENOISE_USE_FINDERS = not HASHED_STATIC
WHITENOISE_KEEP_ONLY_HASHED_FILES = True
# Source maps are large and hardly ever asked for.
WHITENOISE_SKIP_COMPRESS_EXTENSIONS = (*Compressor.SKIP_COMPRESS_EXTENSIONS, "map")
MEDIA_ROOT = VAR_DIR / "media"
COLLECTED_STORAGE = "whitenoise.storage.CompressedManifestStaticFilesStorage"
UNCOLLECTED_STORAGE = "django.contrib.staticfiles.storage.StaticFilesStorage"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage", **STORAGE},
    "staticfiles": {"BACKEND": COLLECTED_STORAGE if HASHED_STATIC else UNCOLLECTED_STORAGE},
}
FILE_UPLOAD_PERMISSIONS = 0o600
FILE_UPLOAD_DIRECTORY_PERMISSIONS = 0o700
DATA_UPLOAD_MAX_MEMORY_SIZE = 5 * 1024 * 1024
REQUEST_MAX_BYTES = 50 * 1024 * 1024

# --- People

AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = ["accounts.backends.EmailBackend"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/"
ACCOUNT_ADAPTER = "accounts.adapter.AccountAdapter"
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*", "password2*"]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
# Administrators make the accounts, so an address needs no proof of its own.
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_EMAIL_SUBJECT_PREFIX = "LRS Tracker: "
ACCOUNT_EMAIL_UNKNOWN_ACCOUNTS = False
ACCOUNT_LOGOUT_REDIRECT_URL = "account_login"
ACCOUNT_SESSION_REMEMBER = True
ALLAUTH_TRUSTED_PROXY_COUNT = TRUSTED_PROXIES
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes"]
MFA_TOTP_ISSUER = "LRS Tracker"
# A code typed as its half minute ends, or shown by a telephone whose clock is a little off, still counts (RFC 6238).
MFA_TOTP_TOLERANCE = 1

# A message's level is the kind of its toast.
MESSAGE_TAGS = {
    constants.DEBUG: "info",
    constants.INFO: "info",
    constants.SUCCESS: "done",
    constants.WARNING: "waiting",
    constants.ERROR: "late",
}

# --- API

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "accounts.api.authentication.BearerAuthentication",
        # For our own pages, with the CSRF token that every form has.
        "rest_framework.authentication.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": [
        "rest_framework.permissions.IsAuthenticated",
        "accounts.api.permissions.ScopeAllowsMethod",
    ],
    "DEFAULT_THROTTLE_CLASSES": ["lrs_tracker.api.throttling.CallerThrottle"],
    "DEFAULT_PARSER_CLASSES": ["lrs_tracker.api.parsers.StrictJsonParser"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "EXCEPTION_HANDLER": "lrs_tracker.api.exceptions.handle_exception",
    # The format is asked for by the Accept header alone.
    "URL_FORMAT_OVERRIDE": None,
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
}
SPECTACULAR_SETTINGS = {
    "TITLE": "LRS Tracker",
    "DESCRIPTION": "Every failure is told as problem details (RFC 9457). What is not known is refused, never ignored.",
    "VERSION": "1",
    "OAS_VERSION": "3.1.1",
    "SCHEMA_PATH_PREFIX": "/api/v[0-9]+",
    "SERVE_INCLUDE_SCHEMA": False,
    "SERVE_PERMISSIONS": ["rest_framework.permissions.IsAuthenticated"],
    # Words to choose from stand where they are chosen: fields of one name have different ones.
    "POSTPROCESSING_HOOKS": [
        "lrs_tracker.api.description.leave_choices_in_place",
        "lrs_tracker.api.description.link_operations",
        "lrs_tracker.api.description.name_headers",
        "lrs_tracker.api.description.share_refusals",
    ],
}

# --- Language and time

LANGUAGE_CODE = "en"
LANGUAGES = [("en", _("English"))]
LOCALE_PATHS = [BASE_DIR / "locale"]
USE_I18N = True
USE_TZ = True
TIME_ZONE = "UTC"

# --- Safety
SECURE_CSP = {
    "default-src": [CSP.NONE],
    "script-src": [CSP.SELF],
    "style-src": [CSP.SELF],
    "img-src": [CSP.SELF, "data:"],
    "font-src": [CSP.SELF],
    "connect-src": [CSP.SELF],
    "manifest-src": [CSP.SELF],
    "form-action": [CSP.SELF],
    "base-uri": [CSP.NONE],
    "frame-ancestors": [CSP.NONE],
}
CSRF_FAILURE_VIEW = "lrs_tracker.errors.csrf_failure"
X_FRAME_OPTIONS = "DENY"
SECURE_REFERRER_POLICY = "same-origin"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = PRODUCTION
SECURE_SSL_REDIRECT = PRODUCTION
SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$", r"^metrics$"]
SECURE_HSTS_SECONDS = 365 * 24 * 3600 if PRODUCTION else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = PRODUCTION
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if TRUSTED_PROXIES else None

# --- Background work

CELERY_BROKER_URL = broker_url(REDIS_URL)
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_TRANSPORT_OPTIONS = {"global_keyprefix": "lrs:", "visibility_timeout": 3600}
CELERY_TIMEZONE = TIME_ZONE
# A task is taken off its queue when it has ended: one that was cut short runs again, so all are safe to run twice.
CELERY_TASK_ACKS_LATE = CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_SOFT_TIME_LIMIT = 10 * 60
CELERY_TASK_TIME_LIMIT = CELERY_TASK_SOFT_TIME_LIMIT + 60
CELERY_TASK_DEFAULT_QUEUE = "default"
# Work that takes minutes has a queue of its own, which a worker of its own may serve.
# Messages of reminders and webhooks have one each too, so that an import never keeps them waiting.
CELERY_TASK_QUEUES = [Queue("default"), Queue("long"), Queue("reminders"), Queue("webhooks")]
CELERY_TASK_ROUTES = {
    "deals.apply_import": {"queue": "long"},
    "deals.undo_import": {"queue": "long"},
    "crm.sync": {"queue": "long"},
    "crm.run": {"queue": "long"},
    "reminders.*": {"queue": "reminders"},
    "sync.*": {"queue": "webhooks"},
}
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_MAX_MEMORY_PER_CHILD = 300_000  # KiB
CELERY_BEAT_SCHEDULER = "lrs_tracker.beat.LeaderScheduler"
CELERY_BEAT_SCHEDULE = {
    "purge-import-files": {"task": "deals.purge_import_files", "schedule": timedelta(days=1)},
    "reminders": {
        "task": "reminders.tick",
        "schedule": timedelta(seconds=REMINDERS_TICK_SECONDS),
        "options": {"expires": 60},
    },
    # Every hour, so that a beat which is started anew each day comes to it too.
    "purge-reminders": {"task": "reminders.purge", "schedule": timedelta(hours=1), "options": {"expires": 60 * 60}},
    "forget-answers": {"task": "sync.forget_answers", "schedule": timedelta(hours=1), "options": {"expires": 60 * 60}},
    "webhooks": {"task": "sync.run_webhooks", "schedule": timedelta(seconds=1), "options": {"expires": 5}},
    "forget-webhook-deliveries": {
        "task": "sync.forget_deliveries",
        "schedule": timedelta(hours=1),
        "options": {"expires": 60 * 60},
    },
    "crm": {
        "task": "crm.tick",
        "schedule": timedelta(seconds=CRM_SYNC_SECONDS),
        "options": {"expires": CRM_SYNC_SECONDS},
    },
    "note-worker": {"task": "lrs_tracker.note_worker", "schedule": timedelta(minutes=1), "options": {"expires": 60}},
}

# --- Logs

LOGGING_CONFIG = None
logging.configure(log_format=LOG_FORMAT, level=LOG_LEVEL)
