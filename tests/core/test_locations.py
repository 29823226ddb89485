"""The allow-list of recording locations, compared with the URL parsers of HTTP clients."""

from urllib.parse import urlsplit

import pytest
import requests
from hypothesis import given, settings
from hypothesis import strategies as st
from urllib3.util import parse_url

from recording.core.errors import HostileLocation
from recording.core.locations import (
    ALLOWED_SUFFIXES,
    MAX_LENGTH,
    blob_at,
    check_location,
    object_id,
    of_blob,
    redirect_target,
)
from recording.core.model import BlobName, Location

GOOD = "https://eu-prod.asm.skype.com/v1/objects/0-weu-d1-abc/content/video"

fragments = st.sampled_from(
    [
        *ALLOWED_SUFFIXES,
        *"/\\@:?#%[]&;=. \t\r\n\x00\x7f\u00e9\u3002\uff0f\u2100",
        "https:",
        "HTTPS://",
        "http://",
        "//",
        "evil.example",
        "a.asm.skype.com",
        ":443",
        ":8443",
        "%2e",
        "%5c",
        "%40",
        "..",
        "user:word@",
        "127.0.0.1",
        "[::1]",
        "xn--a",
        "/v1/objects/1",
    ]
)
mangled = st.lists(st.one_of(fragments, st.text(max_size=3)), max_size=8).map("".join)
nearly = st.lists(
    st.one_of(
        st.text("aZ09-._~!$&'()*+,;=:@/?", max_size=6),
        st.sampled_from(["%2e", "%5c%2F", "//", "/../", "\\", "@evil.example", ":443", ".asm.skype.com"]),
    ),
    max_size=4,
).map("".join)
hosts = st.builds(
    "{}{}{}".format,
    st.one_of(st.from_regex(r"[a-z0-9-]{1,6}(\.[a-zA-Z0-9]{1,6})?", fullmatch=True), nearly),
    st.sampled_from([*ALLOWED_SUFFIXES, ".ASM.skype.com"]),
    st.sampled_from(["", "", ":443", ":80"]),
)
urls = st.one_of(
    mangled,
    mangled.map("https://".__add__),
    mangled.map(lambda rest: f"https://a.asm.skype.com{rest}"),
    st.builds("https://{}/{}".format, hosts, st.one_of(nearly, mangled)),
)


def connected_hosts(url: str) -> set[str | None]:
    """The hosts that the parsers of HTTP clients find in the URL."""
    prepared = requests.Request("GET", url).prepare().url
    assert prepared is not None
    return {
        urlsplit(url).hostname,
        (parse_url(url).host or "").lower(),
        urlsplit(prepared).hostname,
        (parse_url(prepared).host or "").lower(),
    }


@pytest.mark.parametrize(
    "url",
    [
        GOOD,
        "https://x.asyncgw.teams.microsoft.com/v1/objects/1?a=b%20c",
        "https://a-b.c9.ams.gov.teams.microsoft.us/",
        "https://x.asm.skype.com:443/v1/objects/1",
        "HTTPS://X.ASM.SKYPE.COM/v1/objects/1",
        "https://x.as.asm.skype.com/v1/objects/0-eus/content/video/@a:b;c=d,e!f$g'h(i)*",
        "https://x.asm.skype.com/".ljust(MAX_LENGTH, "a"),
        "https://x.asm.skype.com/a%2b%2B%20b/.a/a./...?x=//..%2b",
    ],
)
def test_a_recording_location_passes_as_it_came(url: str) -> None:
    """It is not normalised: the deletion must use the URL verbatim."""
    assert url == check_location(url, "contentLocation")
    assert len(connected_hosts(url)) == 1


@pytest.mark.parametrize(
    ("url", "cause"),
    [
        (None, "is not text"),
        (b"https://x.asm.skype.com/", "is not text"),
        ("", "is empty"),
        ("https://x.asm.skype.com/".ljust(MAX_LENGTH + 1, "a"), "longer than"),
        ("https://evil.example\\.asm.skype.com/", "character"),
        ("https://evil.example\\@x.asm.skype.com/", "character"),
        ("https://x.asm.skype.com/a b", "character"),
        (" https://x.asm.skype.com/", "character"),
        ("https://x.asm.skype.com/\r\nx-ms-host: evil", "character"),
        ("https://x.asm.skype.com/a\n", "character"),
        ("https://x.asm.skype.com/\x00", "character"),
        ("https://x.asm.skype.com/#.asm.skype.com", "character"),
        ("https://evil.example#.asm.skype.com/", "character"),
        ("https://évil.asm.skype.com/", "character"),
        ("https://evil.example\uff0f.asm.skype.com/", "character"),
        ("https://[::1].asm.skype.com/", "character"),
        ("http://x.asm.skype.com/", "not an https URL"),
        ("ftp://x.asm.skype.com/", "not an https URL"),
        ("//x.asm.skype.com/", "not an https URL"),
        ("https:x.asm.skype.com/", "not an https URL"),
        ("https://x.asm.skype.com", "not an https URL"),
        ("https://x.asm.skype.com?a/b", "not an https URL"),
        ("https://x.asm.skype.com/%zz", "percent escape"),
        ("https://x.asm.skype.com/%4", "percent escape"),
        ("https://x.asm.skype.com/a/../b", "dot segment"),
        ("https://x.asm.skype.com/a/./b", "dot segment"),
        ("https://x.asm.skype.com/..", "dot segment"),
        ("https://x.asm.skype.com/a/%2e%2E/b", "dot segment"),
        ("https://x.asm.skype.com/a/.%2e?c", "dot segment"),
        ("https://x.asm.skype.com/a/..;x=1/b", "dot segment"),
        ("https://x.asm.skype.com/a%2F..%2fb", "dot segment"),
        ("https://x.asm.skype.com/a%5c..", "dot segment"),
        ("https://x.asm.skype.com//a", "empty segment"),
        ("https://x.asm.skype.com/a//", "empty segment"),
        ("https://x.asm.skype.com/a%2f%2Fb", "empty segment"),
        ("https://me:word@x.asm.skype.com/", "user name"),
        ("https://x.asm.skype.com@evil.example/", "user name"),
        ("https://@x.asm.skype.com/", "user name"),
        ("https://x.asm.skype.com:8443/", "port"),
        ("https://x.asm.skype.com:/", "port"),
        ("https://x.asm.skype.com:0443/", "port"),
        ("https://x.asm.skype.com:443:443/", "port"),
        ("https://evil.example%2f.asm.skype.com/", "plain DNS name"),
        ("https:///x.asm.skype.com/", "plain DNS name"),
        ("https://.asm.skype.com/", "plain DNS name"),
        ("https://a..asm.skype.com/", "plain DNS name"),
        ("https://-a.asm.skype.com/", "plain DNS name"),
        ("https://x.asm.skype.com./", "plain DNS name"),
        (f"https://{'a' * 64}.asm.skype.com/", "plain DNS name"),
        (f"https://{'a.' * 130}asm.skype.com/", "plain DNS name"),
        ("https://asm.skype.com/", "none of the service's"),
        ("https://evilasm.skype.com/", "none of the service's"),
        ("https://x.asm.skype.com.evil.example/", "none of the service's"),
        ("https://127.0.0.1/x.asm.skype.com/", "none of the service's"),
        ("https://evil.example/.asm.skype.com/", "none of the service's"),
        ("https://evil.example/?x.asm.skype.com/", "none of the service's"),
    ],
)
def test_anything_else_is_refused_by_its_field_and_cause(url: object, cause: str) -> None:
    """The error names the field of the URL and the reason."""
    with pytest.raises(HostileLocation, match=cause) as refused:
        check_location(url, "deleteLocation")

    assert refused.value.ids == {"field": "deleteLocation"}
    assert "deleteLocation" in refused.value.cause


@pytest.mark.parametrize(
    "url",
    [
        "https://evil.example/v1/objects/hidden?sig=hidden",
        "https://hidden:hidden@evil.example/",
        "https://x.asm.skype.com:1/hidden?hidden",
        "https://x.asm.skype.com/hidden?hidden#hidden",
    ],
)
def test_a_refusal_shows_no_secret(url: str) -> None:
    """It contains neither user name nor path nor query."""
    with pytest.raises(HostileLocation) as refused:
        check_location(url, "contentLocation")

    assert "hidden" not in f"{refused.value} {refused.value!r}"


@settings(max_examples=400)
@given(urls)
def test_every_parser_connects_to_the_host_that_was_checked(url: str) -> None:
    """urlsplit, urllib3 and requests find the same, allowed host in every URL that passes."""
    try:
        location = check_location(url, "contentLocation")
    except HostileLocation:
        return

    (host,) = connected_hosts(location)
    assert host is not None
    assert host.endswith(ALLOWED_SUFFIXES)


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        (
            "https://x.as.asm.skype.com/v1/objects/0-weu-d1-abc?a",
            "https://x.as.asm.skype.com/v1/objects/0-weu-d1-abc?a",
        ),
        ("//x.as.asm.skype.com/v1", "https://x.as.asm.skype.com/v1"),
        ("/v1/other", "https://eu-prod.asm.skype.com/v1/other"),
        ("audio?a=b", "https://eu-prod.asm.skype.com/v1/objects/0-weu-d1-abc/content/audio?a=b"),
        ("../content", "https://eu-prod.asm.skype.com/v1/objects/0-weu-d1-abc/content"),
    ],
)
def test_a_redirect_is_resolved_where_it_came_from(header: str, expected: str) -> None:
    """It may be absolute, to a regional host, or relative."""
    assert expected == redirect_target(Location(GOOD), header)


@pytest.mark.parametrize(
    "header",
    [
        "",
        "//evil.example/",
        "https://evil.example/",
        "http://x.asm.skype.com/",
        "/\\evil.example/",
        "\thttps://x.asm.skype.com/",
        "https://[evil/",
        "javascript:alert(1)",
    ],
)
def test_a_redirect_is_checked_as_strictly_as_the_first_url(header: str) -> None:
    """A target that is not on the allow-list is refused, absolute or relative."""
    with pytest.raises(HostileLocation, match="Location header"):
        redirect_target(Location(GOOD), header)


@given(urls)
def test_no_redirect_leads_elsewhere(header: str) -> None:
    """For any header, the target is on the allow-list or refused."""
    try:
        target = redirect_target(Location(GOOD), header)
    except HostileLocation:
        return

    assert target == check_location(target, "again")


# The object that a location names


@pytest.mark.parametrize(
    ("path", "found"),
    [
        ("/v1/objects/0-weu-d1", "0-weu-d1"),
        ("/v1/objects/0-weu-d1/", "0-weu-d1"),
        ("/v1/objects/0-weu-d1?a=b", "0-weu-d1"),
        ("/v1/objects/0-weu-d1/content/acsmetadata", "0-weu-d1"),
        ("/V1/Objects/0-weu-D1/content/audio", "0-weu-D1"),
        ("/v1/objects/0%2Dweu%2Dd1/content/audio", "0-weu-d1"),
        ("/v1/objects/", None),
        ("/v1/objects//content/audio", None),
        ("/v1/objects?id=/v1/objects/0-weu-d1", None),
        ("/other/v1/objects/0-weu-d1", None),
        ("/v2/objects/0-weu-d1", None),
        ("/content/audio", None),
        ("", None),
    ],
)
def test_the_object_of_a_location_is_known_by_its_id(path: str, found: str | None) -> None:
    """Escapes and the rest of the path do not matter; ids that differ in case are different."""
    assert found == object_id(Location(f"https://eu-api.asm.skype.com{path}"))


# Blobs of our own


@given(st.text(st.characters(codec="utf-8"), min_size=1), st.text(st.characters(codec="utf-8"), min_size=1))
def test_the_location_of_a_blob_says_which_blob_and_is_no_url(name: str, etag: str) -> None:
    location = of_blob(BlobName(name), etag)

    assert (name, etag) == blob_at(location)
    assert object_id(location) is None
    with pytest.raises(HostileLocation):
        check_location(location, "location")


@pytest.mark.parametrize("location", [GOOD, "", "blob:", "blob:name", "blob:?etag", "blob:name?", "BLOB:a?b"])
def test_a_location_of_any_other_form_is_no_blob(location: str) -> None:
    with pytest.raises(HostileLocation):
        blob_at(Location(location))
