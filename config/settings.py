"""One settings module; the environment decides. Each variable is explained in .env.example."""

from datetime import timedelta
from pathlib import Path
from zoneinfo import available_timezones

from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured

from config import env

BASE_DIR = Path(__file__).resolve().parent.parent

env.read_file(Path(env.text("ENV_FILE", str(BASE_DIR / ".env"))))
DATA_DIR = Path(env.text("DATA_DIR", str(BASE_DIR / "var")))

# --- who may open Midway, and how -------------------------------------------------------------------------------

DEBUG = env.flag("DEBUG", default=False)
SECRET_KEY = env.text("SECRET_KEY")
SECRET_KEY_FALLBACKS = env.names("SECRET_KEY_FALLBACKS", [])
ALLOWED_HOSTS = env.names("ALLOWED_HOSTS", ["localhost", "127.0.0.1", "[::1]"])
CSRF_TRUSTED_ORIGINS = env.names("CSRF_TRUSTED_ORIGINS", [])
PUBLIC_URL = env.url("PUBLIC_URL", "http://127.0.0.1:8000", schemes=("http", "https"))
HTTPS = env.flag("HTTPS", default=True)

SECURE_SSL_REDIRECT = HTTPS
SECURE_REDIRECT_EXEMPT = [r"^healthz"]
SECURE_HSTS_SECONDS = int(timedelta(days=365).total_seconds()) if HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = HTTPS
SECURE_HSTS_PRELOAD = HTTPS
BEHIND_PROXY = env.flag("BEHIND_PROXY", default=False)
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if BEHIND_PROXY else None
SECURE_REFERRER_POLICY = "same-origin"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = HTTPS
SESSION_COOKIE_NAME = "__Host-midway" if HTTPS else "midway"
CSRF_COOKIE_NAME = "__Host-midway-csrf" if HTTPS else "midway-csrf"
SESSION_COOKIE_HTTPONLY = CSRF_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_AGE = int(timedelta(hours=12).total_seconds())
X_FRAME_OPTIONS = "DENY"
CSRF_FAILURE_VIEW = "config.errors.csrf_failure"

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
        "base-uri": [NONE],
        "object-src": [NONE],
        "manifest-src": [SELF],
    }
}

# --- the house --------------------------------------------------------------------------------------------------

INSTALLED_APPS = [
    "config.apps.MidwayConfig",
    "config.apps.MidwayAdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django_htmx",
    "axes",
    "csp",
    "simple_history",
    "gateways.apps.GatewaysConfig",
    "orders.apps.OrdersConfig",
    "payments.apps.PaymentsConfig",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "config.middleware.RequestContextMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "config.language.CustomersLanguage",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "config.middleware.PrivatePagesMiddleware",
    "config.middleware.CardNumberGuard",
    "django_htmx.middleware.HtmxMiddleware",
    "simple_history.middleware.HistoryRequestMiddleware",
    "axes.middleware.AxesMiddleware",
]

ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

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
            ],
        },
    },
]

AUTHENTICATION_BACKENDS = ["axes.backends.AxesStandaloneBackend", "django.contrib.auth.backends.ModelBackend"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_URL = "admin:login"
AXES_FAILURE_LIMIT = 10
AXES_COOLOFF_TIME = timedelta(minutes=30)
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]  # both: a stranger elsewhere locks nobody out
AXES_RESET_ON_SUCCESS = True
AXES_LOCKOUT_TEMPLATE = "admin/locked_out.html"
AXES_VERBOSE = False

# --- where things are kept --------------------------------------------------------------------------------------

DATABASES = {"default": env.database("DATABASE_URL", f"sqlite:///{DATA_DIR / 'midway.sqlite3'}")}
if DATABASES["default"]["ENGINE"] == "django.db.backends.sqlite3":
    # Measured: without these two, 16 writers get thousands of "database is locked".
    DATABASES["default"]["OPTIONS"] = {
        "timeout": 20,
        "transaction_mode": "IMMEDIATE",
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA foreign_keys=ON;",
    }
    DATABASES["default"]["TEST"] = {"NAME": str(DATA_DIR / "test.sqlite3")}  # threads cannot share one in memory
else:
    DATABASES["default"]["CONN_MAX_AGE"] = 60
    DATABASES["default"]["CONN_HEALTH_CHECKS"] = True

FERNET_KEYS = env.fernet_keys("FERNET_KEYS")

STATIC_URL = "static/"
STATIC_ROOT = Path(env.text("STATIC_ROOT", str(DATA_DIR / "static")))
STATICFILES_DIRS = [BASE_DIR / "static"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if DEBUG
        else "whitenoise.storage.CompressedManifestStaticFilesStorage"
    },
}

INSTALLATION_ID = env.text("INSTALLATION_ID", "")
if len(INSTALLATION_ID) > 64:
    raise ImproperlyConfigured("INSTALLATION_ID is longer than 64 characters: choose a shorter one.")

# --- the processor ----------------------------------------------------------------------------------------------

STRIPE_API_BASE = env.url("STRIPE_API_BASE", "https://api.stripe.com", schemes=("http", "https"))
STRIPE_JS = env.url("STRIPE_JS", "https://js.stripe.com/endive/stripe.js", schemes=("https",))
STRIPE_CONNECT_TIMEOUT = env.number("STRIPE_CONNECT_TIMEOUT", 5, at_least=1)  # seconds
STRIPE_READ_TIMEOUT = env.number("STRIPE_READ_TIMEOUT", 20, at_least=1)  # seconds; the SDK alone would wait 80
STRIPE_NETWORK_RETRIES = env.number("STRIPE_NETWORK_RETRIES", 2)
STRIPE_CHARGES_PER_SECOND = env.number("STRIPE_CHARGES_PER_SECOND", 20, at_least=1)
STRIPE_CHARGES_AT_ONCE = env.number("STRIPE_CHARGES_AT_ONCE", 4, at_least=1)
CHECKOUT_TRIES_PER_ADDRESS = env.number("CHECKOUT_TRIES_PER_ADDRESS", 30, at_least=1)  # an hour
CHECKOUT_TRIES_PER_SESSION = env.number("CHECKOUT_TRIES_PER_SESSION", 15, at_least=1)  # an hour
CHECKOUT_TRIES_PER_CARD = env.number("CHECKOUT_TRIES_PER_CARD", 10, at_least=1)  # a day
CHECKOUT_DECLINES_PER_ORDER = env.number("CHECKOUT_DECLINES_PER_ORDER", 10, at_least=1)  # a day
AUTHENTICATION_HOURS = env.number("AUTHENTICATION_HOURS", 24, at_least=1)
STRIPE_SESSION_FACTORY = env.text("STRIPE_SESSION_FACTORY", "")
STRIPE_SECRET_KEY = env.text("STRIPE_SECRET_KEY", "")
STRIPE_PUBLIC_KEY = env.text("STRIPE_PUBLIC_KEY", "")
STRIPE_SIGNING_SECRET = env.text("STRIPE_SIGNING_SECRET", "")

# --- the queue --------------------------------------------------------------------------------------------------

REDIS_URL = env.url(
    "REDIS_URL", "redis://127.0.0.1:6379/0", schemes=("redis", "rediss", "unix", "redis+socket", "memory")
)
CELERY_BROKER_URL = REDIS_URL
CACHES = {"default": env.cache(REDIS_URL)}
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_WORKER_CANCEL_LONG_RUNNING_TASKS_ON_CONNECTION_LOSS = False
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_TASK_PUBLISH_RETRY = False  # the row is the queue: a sweep finds what could not be published
CELERY_TASK_TIME_LIMIT = 300
CELERY_TASK_SOFT_TIME_LIMIT = 240
CELERY_TIMEZONE = "UTC"
CELERY_BROKER_TRANSPORT_OPTIONS = (
    {}
    if REDIS_URL.startswith("memory")
    else {
        # Measured: with kombu's defaults a killed worker's task does not come back within a minute and a half.
        "visibility_timeout": 600,
        "unacked_restore_interval": 10,
        "unacked_restore_throttle": 1,
        "socket_timeout": 5,
        "socket_connect_timeout": 2,
    }
)

# --- mail to customers ------------------------------------------------------------------------------------------

_mail = env.mail("EMAIL_URL")
EMAIL_BACKEND = str(_mail["EMAIL_BACKEND"])
EMAIL_FILE_PATH = str(_mail["EMAIL_FILE_PATH"] or DATA_DIR / "mail")
EMAIL_HOST, EMAIL_PORT = _mail["EMAIL_HOST"] or "localhost", _mail["EMAIL_PORT"] or 25
EMAIL_HOST_USER, EMAIL_HOST_PASSWORD = _mail["EMAIL_HOST_USER"] or "", _mail["EMAIL_HOST_PASSWORD"] or ""
EMAIL_USE_TLS, EMAIL_USE_SSL = bool(_mail.get("EMAIL_USE_TLS")), bool(_mail.get("EMAIL_USE_SSL"))
EMAIL_TIMEOUT = 10  # seconds
DEFAULT_FROM_EMAIL = env.text("MAIL_FROM", "Midway <midway@localhost>")
SENDS_MAIL = "dummy" not in EMAIL_BACKEND
OPERATORS_EMAIL = env.names("OPERATORS_EMAIL", [])

# --- words, times and messages ----------------------------------------------------------------------------------

LANGUAGE_CODE = "en"
LANGUAGES = [
    ("en", "English"),
    ("de", "Deutsch"),
    ("it", "Italiano"),
    ("uk", "Українська"),
    ("ru", "Русский"),
]
LANGUAGE_COOKIE_NAME = "midway-language"
LANGUAGE_COOKIE_PATH = "/pay/"  # of customers' pages alone: the office is in English
LANGUAGE_COOKIE_AGE = int(timedelta(days=365).total_seconds())
LANGUAGE_COOKIE_SECURE = HTTPS
LANGUAGE_COOKIE_HTTPONLY = True
LOCALE_PATHS = [BASE_DIR / "locale"]
USE_I18N = USE_TZ = True
TIME_ZONE = env.text("TIME_ZONE", "UTC")
if TIME_ZONE not in available_timezones():
    raise ImproperlyConfigured(f"TIME_ZONE is {TIME_ZONE!r}: write a name such as Europe/Berlin or America/New_York.")

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"json": {"()": "config.logs.JsonFormatter"}, "plain": {"()": "config.logs.PlainFormatter"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": env.text("LOG_FORMAT", "json")}},
    "root": {"handlers": ["console"], "level": env.text("LOG_LEVEL", "INFO").upper()},
    "loggers": {
        "django.server": {"handlers": ["console"], "level": "INFO", "propagate": False},
        "stripe": {"level": "WARNING"},  # at debug level the SDK prints whole bodies
        "urllib3": {"level": "WARNING"},
    },
}
