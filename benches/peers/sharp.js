// One task over a folder with sharp: node sharp.js FOLDER OUT TASK LANES, TASK being JSON. See ../compare.py.
const fs = require('fs');
const path = require('path');
const sharp = require('sharp');

const [folder, out, task, lanes] = process.argv.slice(2);
const { size, blur, sharpen, format, quality } = JSON.parse(task);

// A picture on each core, not all cores on each picture; and none is seen twice.
sharp.concurrency(1);
sharp.cache(false);

function one(name) {
  let picture = sharp(path.join(folder, name), { failOn: 'none' }).rotate();
  if (size) picture = picture.resize(size, size, { fit: 'inside', withoutEnlargement: true });
  if (blur) picture = picture.blur(blur);
  if (sharpen) picture = picture.sharpen({ sigma: sharpen });
  const file = path.join(out, `${path.parse(name).name}.${format}`);
  // A quality of PNG would mean a palette.
  return picture.toFormat(format, quality ? { quality } : {}).toFile(file);
}

async function lane(names) {
  for (let name = names.pop(); name; name = names.pop()) {
    try {
      await one(name);
    } catch (error) {
      console.error(`${name}: ${error.message}`);
      process.exitCode = 1;
    }
  }
}

const names = fs.readdirSync(folder).sort().reverse();
for (let n = 0; n < Number(lanes); n++) lane(names);
