# Making the base model: what is missing or wrong in the package is named, and nothing is left behind.
. "$REPO/tests/cli/common"
try korora convert nowhere
try korora convert nowhere -o out.gguf --type f16
mkdir package
try korora convert package
echo "not JSON" > package/model.json
try korora convert package
echo '{}' > package/model.json
try korora convert package
echo '{"weightsManifest":[{"paths":["../../etc/passwd"],"weights":[]}]}' > package/model.json
echo '[]' > package/vocab.json
try korora convert package
try korora convert
try korora convert package -o
ls
