"""Settings under which django-survey-and-report's own tests run."""

from __future__ import annotations

import os

from unmigrated import Unmigrated

SECRET_KEY = "x"
DEBUG = True
DEBUG_ADMIN_NAME = DEBUG_ADMIN_PASSWORD = "test_admin"
ROOT = os.path.dirname(os.path.abspath(__file__))
INSTALLED_APPS = [
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.sites",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "bootstrapform",
    "survey",
]
MIDDLEWARE = [
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
]
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "DIRS": [ROOT + "/templates"],
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.debug",
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ]
        },
    }
]
ROOT_URLCONF = "quick_urls"
DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}}
STATIC_URL, MEDIA_URL, MEDIA_ROOT = "/static/", "/media/", ROOT + "/media"
STATIC_ROOT = ROOT + "/static"
DEFAULT_AUTO_FIELD = "django.db.models.AutoField"
USE_TZ, USE_I18N, LANGUAGE_CODE, SITE_ID = True, True, "en", 1
LANGUAGES = (("en", "english"), ("fr", "french"), ("ru", "Русский"))
CSV_DIRECTORY, TEX_DIRECTORY = ROOT + "/csv", ROOT + "/tex"
CHOICES_SEPARATOR = ","
USER_DID_NOT_ANSWER = "Left blank"
EXCEL_COMPATIBLE_CSV = False
TEX_CONFIGURATION_FILE = ROOT + "/tex.yaml"
SURVEY_DEFAULT_PIE_COLOR = "blue!50"
EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
MIGRATION_MODULES = Unmigrated()
