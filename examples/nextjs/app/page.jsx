"use client";
import { open, refine } from "crf-rnn";
import { useEffect, useRef, useState } from "react";
import { scene, sizeOf } from "../scene.js";

export default function Page() {
  const canvas = useRef(null);
  const [told, tell] = useState("…");
  useEffect(() => {
    const gone = new AbortController();
    const run = async () => {
      const device = await open();
      try {
        const { picture, scores } = scene();
        const refined = await refine(device, picture, scores, { signal: gone.signal });
        refined.draw(canvas.current, { overlay: 1 });
        tell(`${sizeOf(refined)} pixels on ${device.kind}, threads: ${device.info.threads}`);
      } finally {
        device.dispose();
      }
    };
    run().catch((error) => gone.signal.aborted || tell(String(error)));
    return () => gone.abort();
  }, []);
  return (
    <main>
      <canvas ref={canvas} />
      <output>{told}</output>
    </main>
  );
}
