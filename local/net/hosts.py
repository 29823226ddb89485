"""The host names that exist in the local world."""

ACS_HOST = "contoso.communication.azure.com"
MEDIA_SUFFIX = ".asm.skype.com"
REGIONAL_SUFFIX = ".as.asm.skype.com"
ENTRY_HOST = "eu-storage.asm.skype.com"
OTHER_ENTRY_HOST = "us-storage.asm.skype.com"
REGIONAL_HOST = "eu-prod.as.asm.skype.com"
TOPIC_HOST = "archived.westeurope-1.eventgrid.azure.net"
CALLBACK_HOST = "acscallautomation.communication.azure.com"
"""Publishes the keys of the tokens of callbacks."""
LOGIN_HOST = "login.microsoftonline.com"
APP_HOST = "recording-archive.azurewebsites.net"
"""The app, as the service knows it; its front end is not there on one machine."""
EVIL_HOST = "evil.example"

CERTIFIED_NAMES = (
    ACS_HOST,
    CALLBACK_HOST,
    LOGIN_HOST,
    "*.asm.skype.com",
    "*.as.asm.skype.com",
    "*.westeurope-1.eventgrid.azure.net",
    # Certified but not routed: a test that shows what a client would send to them adds the route.
    EVIL_HOST,
    "eu-storage.asm.skype.com.evil.example",
    "evil-asm.skype.com",
)
