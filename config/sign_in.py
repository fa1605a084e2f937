"""The sign-in form, in our own words."""

from django.contrib.admin.forms import AdminAuthenticationForm


class SignInForm(AdminAuthenticationForm):
    error_messages = {
        **AdminAuthenticationForm.error_messages,
        "invalid_login": "The user name or the password is wrong, or this user may not work here. Capitals count.",
    }
