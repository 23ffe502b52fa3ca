// Khronos' own validator on exported heads; by hand, since it comes from npm:
//
//     npm install gltf-validator  # in any folder; NODE_PATH says where
//     NODE_PATH=FOLDER/node_modules node tests/by_hand/validate_glb.js head.glb …
//
// Ends with 1 if any file has an error or a warning.

const fs = require("fs");
const validator = require("gltf-validator");

async function check(path) {
    const report = await validator.validateBytes(new Uint8Array(fs.readFileSync(path)));
    const { numErrors, numWarnings, numInfos, numHints, messages } = report.issues;
    console.log(`${path}: ${numErrors} errors, ${numWarnings} warnings, ${numInfos} infos, ${numHints} hints`);
    for (const { code, message, pointer } of messages) console.log(`  ${code} ${pointer}: ${message}`);
    return numErrors + numWarnings === 0;
}

Promise.all(process.argv.slice(2).map(check)).then((sound) => process.exit(sound.every(Boolean) ? 0 : 1));
