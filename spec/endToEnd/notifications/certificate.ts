/**
 * A key and the certificate of `hooks.example` that it signed itself, until the year 2120; known to everybody, and
 * good for nothing but specs.
 */
export const key = `-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgmD2Fup/OMKCyfEQ6
DJqLhBRtT+rFM32gQQ+zhltE2fKhRANCAARGlK9OvQhRquSyN6EfB5S1f1tAnNUb
lgqENBK1kiU5YNUqHtc9UXQ+vdZmuOn9row151ac8HAp0LOesmAG1lrC
-----END PRIVATE KEY-----`;

/** See {@link key}. */
export const certificate = `-----BEGIN CERTIFICATE-----
MIIBbjCCAROgAwIBAgIBATAKBggqhkjOPQQDAjAYMRYwFAYDVQQDDA1ob29rcy5l
eGFtcGxlMCAXDTIwMDEwMTAwMDAwMFoYDzIxMjAwMTAxMDAwMDAwWjAYMRYwFAYD
VQQDDA1ob29rcy5leGFtcGxlMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAERpSv
Tr0IUarksjehHweUtX9bQJzVG5YKhDQStZIlOWDVKh7XPVF0Pr3WZrjp/a6MNedW
nPBwKdCznrJgBtZawqNMMEowDwYDVR0TAQH/BAUwAwEB/zAYBgNVHREEETAPgg1o
b29rcy5leGFtcGxlMB0GA1UdDgQWBBSvgH5PcVTc7e5zR+x6ORpmIMf+5DAKBggq
hkjOPQQDAgNJADBGAiEAlFNREa/QHpoSv9pdwLJuiPlBn4atH9a7tX/RWloUQYoC
IQCocvXk99Rq13QSJGPqTUSDdaQVfOVaq0jzr2kT1a75Vg==
-----END CERTIFICATE-----`;
