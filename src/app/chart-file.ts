import { fittingText } from './chart-text.ts';

/** Room above the picture for its title, in pixels. */
const titleHeight = 30;
/** Room around the picture, in pixels. */
const margin = 12;
/** Widths of texts are known at 11 pixels; the title is larger and bold. */
const titleShare = 11 / 14;
/** Pixels of a PNG per pixel of the picture. */
const pngScale = 2;

const shapeProperties = [
  ...['fill', 'fill-opacity', 'stroke', 'stroke-width', 'stroke-opacity', 'stroke-dasharray'],
  ...['stroke-linecap', 'stroke-linejoin', 'opacity'],
];
const textProperties = [
  ...['fill', 'font-family', 'font-size', 'font-weight', 'text-anchor'],
  ...['paint-order', 'stroke', 'stroke-width', 'stroke-linejoin'],
];

/**
 * A picture of the page as an SVG file that looks the same elsewhere: colours and fonts of the
 * page's style sheets are written into it, its title stands above, its background below. What is
 * marked `data-screen` is left out, links are no links any more.
 * @param picture in the page, since its computed style is read
 */
export function svgFileOf(picture: SVGSVGElement, title: string): string {
  const { width, height } = sizeOf(picture);
  const own = getComputedStyle(picture);
  const size = { width: String(width), height: String(height) };
  const file = create('svg', { viewBox: `0 0 ${width} ${height}`, ...size });
  const name = create('title', {});
  name.textContent = title;
  const background = create('rect', {
    ...size,
    fill: own.backgroundColor,
  });
  const heading = create('text', {
    ...{ x: String(margin), y: '24', 'font-size': '13px', 'font-weight': '600' },
    ...{ 'font-family': own.fontFamily, fill: own.color },
  });
  heading.textContent = fittingText(title, (width - 2 * margin) * titleShare);
  const drawing = create('g', { transform: `translate(${margin} ${margin + titleHeight})` });
  for (const child of picture.children) {
    const copy = copyOf(child);
    if (copy !== null) drawing.append(copy);
  }
  file.append(name, background, heading, drawing);
  return new XMLSerializer().serializeToString(file);
}

/**
 * The same picture as a PNG of twice its size. Nothing is fetched: the picture has all it needs.
 * @throws Error when the browser cannot draw it
 */
export async function pngFileOf(picture: SVGSVGElement, title: string): Promise<Blob> {
  const svg = svgFileOf(picture, title);
  const { width, height } = sizeOf(picture);
  const url = URL.createObjectURL(new Blob([svg], { type: 'image/svg+xml' }));
  try {
    const image = new Image();
    image.src = url;
    await image.decode();
    const canvas = document.createElement('canvas');
    canvas.width = Math.round(width * pngScale);
    canvas.height = Math.round(height * pngScale);
    const context = canvas.getContext('2d');
    if (context === null) throw new Error('The browser gives no canvas to draw on.');
    context.drawImage(image, 0, 0, canvas.width, canvas.height);
    return await new Promise<Blob>((resolve, reject) => {
      canvas.toBlob(
        (blob) =>
          blob === null ? reject(new Error('The picture could not be written.')) : resolve(blob),
        'image/png',
      );
    });
  } finally {
    URL.revokeObjectURL(url);
  }
}

const svgNamespace = 'http://www.w3.org/2000/svg';
/** Geometry; everything else is style, behaviour or names for the page. */
const keptAttributes: ReadonlySet<string> = new Set([
  ...['x', 'y', 'x1', 'y1', 'x2', 'y2', 'cx', 'cy', 'r', 'rx', 'width', 'height', 'd', 'points'],
  ...['transform', 'dx', 'dy'],
]);

/** Of the file: the picture with its title and the room around it. */
function sizeOf(picture: SVGSVGElement): { readonly width: number; readonly height: number } {
  const { width, height } = picture.viewBox.baseVal;
  return { width: width + 2 * margin, height: height + titleHeight + 2 * margin };
}

function copyOf(element: Element): SVGElement | null {
  if (element.hasAttribute('data-screen')) return null;
  const name = element.tagName === 'a' ? 'g' : element.tagName;
  const copy = create(name, {});
  for (const { name: attribute, value } of element.attributes) {
    if (keptAttributes.has(attribute)) copy.setAttribute(attribute, value);
  }
  if (name !== 'g') {
    const style = getComputedStyle(element);
    const properties = name === 'text' || name === 'tspan' ? textProperties : shapeProperties;
    for (const property of properties) {
      // Lengths in attributes are without unit in many programs.
      const value = style.getPropertyValue(property).replace(/(\d)px/gu, '$1');
      if (value !== '') copy.setAttribute(property, value);
    }
  }
  if (element.children.length === 0) copy.textContent = element.textContent;
  for (const child of element.children) {
    const part = copyOf(child);
    if (part !== null) copy.append(part);
  }
  return copy;
}

function create(name: string, attributes: Readonly<Record<string, string>>): SVGElement {
  const element = document.createElementNS(svgNamespace, name);
  for (const [attribute, value] of Object.entries(attributes)) {
    element.setAttribute(attribute, value);
  }
  // An element of the SVG namespace is an SVGElement, whatever its name.
  return element as SVGElement;
}
