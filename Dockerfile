# One image for web, worker and beat: compose.yaml says which of them a container is.
FROM python:3.13-slim

ENV PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
WORKDIR /srv/midway
RUN useradd --system --uid 10001 --home-dir /srv/midway --shell /usr/sbin/nologin midway

COPY requirements/production.txt requirements/
RUN pip install --require-hashes --no-deps -r requirements/production.txt

COPY manage.py gunicorn.conf.py ./
COPY config config
COPY gateways gateways
COPY orders orders
COPY payments payments
COPY simulator simulator
COPY templates templates
COPY static static

# Static files belong to the image; the keys of this one command sign and encrypt nothing.
ENV DATA_DIR=/tmp/midway STATIC_ROOT=/srv/midway/collected
RUN SECRET_KEY=only-while-building FERNET_KEYS=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA= \
    python manage.py collectstatic --no-input --verbosity 0

# A volume that is mounted here starts as this folder is, with its owner.
RUN install --directory --owner midway --mode 0700 /srv/midway/data

USER midway
EXPOSE 8000
CMD ["gunicorn", "config.wsgi:application", "--bind", "0.0.0.0:8000", "--workers", "2", "--threads", "4", \
     "--worker-tmp-dir", "/dev/shm", "--no-control-socket", "--access-logfile", "-"]
