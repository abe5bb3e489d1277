{{- define "avatarchatbot.name" -}}
{{- printf "%s-%s" .root.Release.Name .service | trunc 63 | trimSuffix "-" }}
{{- end }}

{{- define "avatarchatbot.selector" -}}
app.kubernetes.io/name: avatarchatbot
app.kubernetes.io/instance: {{ .root.Release.Name }}
app.kubernetes.io/component: {{ .service }}
{{- end }}

{{- define "avatarchatbot.labels" -}}
{{ include "avatarchatbot.selector" . }}
app.kubernetes.io/version: {{ .root.Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .root.Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .root.Chart.Name .root.Chart.Version }}
{{- end }}

{{- define "avatarchatbot.image" -}}
{{ .root.Values.image.registry }}/{{ .service }}:{{ .root.Values.image.tag | default .root.Chart.AppVersion }}
{{- end }}

{{- /* The services that keep what people give them. */ -}}
{{- define "avatarchatbot.storing" -}}
animation describe gateway
{{- end }}

{{- define "avatarchatbot.stores" -}}
{{- if has .service (splitList " " (include "avatarchatbot.storing" .)) }}true{{ end }}
{{- end }}

{{- /* The volume with checkpoints of neural engines, where there is one. */ -}}
{{- define "avatarchatbot.models" -}}
{{- with .Values.models }}
{{- if .existingClaim }}
persistentVolumeClaim: {claimName: {{ .existingClaim }}, readOnly: true}
{{- else if .hostPath }}
hostPath: {path: {{ .hostPath }}, type: Directory}
{{- end }}
{{- end }}
{{- end }}

{{- define "avatarchatbot.security" -}}
runAsNonRoot: true
runAsUser: 10001
runAsGroup: 10001
fsGroup: 10001
seccompProfile: {type: RuntimeDefault}
{{- end }}

{{- define "avatarchatbot.containerSecurity" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities: {drop: [ALL]}
{{- end }}

{{- /* Stages are asked through headless Services: the gateway chooses the least loaded of all their addresses itself. */ -}}
{{- define "avatarchatbot.url" -}}
http://{{ include "avatarchatbot.name" . }}:{{ (index .root.Values.services .service).port }}
{{- end }}

{{- /* The names by which pods reach a service, with commas between. */ -}}
{{- define "avatarchatbot.hosts" -}}
{{- $name := include "avatarchatbot.name" . }}
{{- $inside := printf "%s.%s" $name .root.Release.Namespace }}
{{- list $name $inside (printf "%s.svc" $inside) (printf "%s.svc.cluster.local" $inside) | join "," }}
{{- end }}

{{- /* The names by which those outside reach the gateway, with commas between. */ -}}
{{- define "avatarchatbot.publicHosts" -}}
{{- $names := .Values.hosts }}
{{- if and .Values.ingress.enabled .Values.ingress.host }}{{ $names = append $names .Values.ingress.host }}{{ end }}
{{- if .Values.gateway.enabled }}{{ $names = concat $names .Values.gateway.hostnames }}{{ end }}
{{- $names | uniq | join "," }}
{{- end }}

{{- /* Whether what is kept lies in a volume that one node has. */ -}}
{{- define "avatarchatbot.onOneNode" -}}
{{- with .Values.storage }}
{{- if not (or .blobs (has "ReadWriteMany" .volume.accessModes)) }}true{{ end }}
{{- end }}
{{- end }}

{{- define "avatarchatbot.several" -}}
{{- with index .root.Values.services .service }}
{{- if or (gt (int .replicas) 1) .autoscaling.enabled }}true{{ end }}
{{- end }}
{{- end }}

{{- /* Where a pod may run: services that keep things in a volume of one node must all be on that node. */ -}}
{{- define "avatarchatbot.affinity" -}}
{{- $affinity := deepCopy ((index .root.Values.services .service).affinity | default .root.Values.affinity) }}
{{- if and (include "avatarchatbot.stores" .) (include "avatarchatbot.onOneNode" .root) }}
{{- $storing := splitList " " (include "avatarchatbot.storing" .) }}
{{- $together := dict "key" "app.kubernetes.io/component" "operator" "In" "values" $storing }}
{{- $labels := omit (include "avatarchatbot.selector" . | fromYaml) "app.kubernetes.io/component" }}
{{- $term := dict "topologyKey" "kubernetes.io/hostname" "labelSelector" (dict "matchLabels" $labels "matchExpressions" (list $together)) }}
{{- $affinity = merge $affinity (dict "podAffinity" (dict "requiredDuringSchedulingIgnoredDuringExecution" (list $term))) }}
{{- end }}
{{- with $affinity }}{{ toYaml . }}{{ end }}
{{- end }}

{{- /* What cannot work is refused before anything is installed. */ -}}
{{- define "avatarchatbot.check" -}}
{{- if not (or .Values.auth.keysSecret .Values.auth.anonymous) }}
{{- fail "set auth.keysSecret (a Secret with the file of keys; `avatarchatbot key` makes them), or auth.anonymous=true where something else keeps others out" }}
{{- end }}
{{- if not (include "avatarchatbot.publicHosts" .) }}
{{- if .Values.ingress.enabled }}{{ fail "set ingress.host, or hosts: the gateway answers only for names that it knows" }}{{ end }}
{{- if .Values.gateway.enabled }}{{ fail "set gateway.hostnames, or hosts: the gateway answers only for names that it knows" }}{{ end }}
{{- end }}
{{- $many := false }}
{{- range splitList " " (include "avatarchatbot.storing" .) }}
{{- if include "avatarchatbot.several" (dict "root" $ "service" .) }}{{ $many = true }}{{ end }}
{{- end }}
{{- if and $many (include "avatarchatbot.onOneNode" .) (not .Values.storage.volume.hostPath) }}
{{- fail "several replicas of gateway, animation or describe need storage.blobs (s3://…), or a volume with ReadWriteMany" }}
{{- end }}
{{- $gateways := include "avatarchatbot.several" (dict "root" . "service" "gateway") }}
{{- with .Values.storage }}
{{- if and (or .blobs (and $gateways (not .volume.hostPath))) (not .secret) }}
{{- fail "set storage.secret, a Secret with STORAGE_DATABASE: with storage.blobs, or several gateways, conversations are kept in PostgreSQL" }}
{{- end }}
{{- end }}
{{- end }}
