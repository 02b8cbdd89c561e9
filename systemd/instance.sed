# Makes of a unit of edged its template for several instances of a device: edged@.service of edged.service, and of its backup likewise.
# Each instance has the folder of its name within those of the service, for its configuration, its password and its gallery.
s|^Description=.*|&: %i|
s|^ConfigurationDirectory=edged$|&/%i|
s|^StateDirectory=edged$|&/%i|
s|/etc/edged/mqtt_password|/etc/edged/%i/mqtt_password|
s|^After=edged\.service|After=edged@%i.service|
/^\[Unit\]$/a AssertPathExists=/etc/edged/%i/edged.toml
