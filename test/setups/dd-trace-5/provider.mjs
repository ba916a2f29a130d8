import tracer from 'dd-trace'

new tracer.TracerProvider().register()
