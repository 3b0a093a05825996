//! Drawing with Metal, on the layer that the host shows.

use std::ffi::c_void;

use egui::epaint::textures::TexturesDelta;
use egui_wgpu::{Renderer, RendererOptions, ScreenDescriptor};

use crate::screen::Frame;

/// What draws frames.
pub(crate) struct Painter {
    device: wgpu::Device,
    queue: wgpu::Queue,
    surface: wgpu::Surface<'static>,
    config: wgpu::SurfaceConfiguration,
    renderer: Renderer,
}

impl Painter {
    /// One that draws on `layer`, a `CAMetalLayer`.
    ///
    /// # Errors
    ///
    /// A sentence, if the device cannot draw there.
    ///
    /// # Safety
    ///
    /// The layer must live for as long as the painter.
    #[allow(unsafe_code)] // a surface of a raw pointer
    pub(crate) unsafe fn new(layer: *mut c_void, size: [u32; 2]) -> Result<Self, String> {
        let backends = wgpu::Backends::METAL;
        let instance = wgpu::Instance::new(wgpu::InstanceDescriptor {
            backends,
            ..wgpu::InstanceDescriptor::new_without_display_handle()
        });
        let target = wgpu::SurfaceTargetUnsafe::CoreAnimationLayer(layer);
        // SAFETY: the caller promises that it is a layer that lives long enough.
        let surface = unsafe { instance.create_surface_unsafe(target) };
        let surface = surface.map_err(|error| error.to_string())?;
        let options = wgpu::RequestAdapterOptions {
            compatible_surface: Some(&surface),
            ..wgpu::RequestAdapterOptions::default()
        };
        // Metal answers at once.
        let adapter = pollster::block_on(instance.request_adapter(&options));
        let adapter = adapter.map_err(|error| error.to_string())?;
        let device = adapter.request_device(&wgpu::DeviceDescriptor {
            required_limits: adapter.limits(),
            ..wgpu::DeviceDescriptor::default()
        });
        let (device, queue) = pollster::block_on(device).map_err(|error| error.to_string())?;
        let formats = surface.get_capabilities(&adapter).formats;
        let format = egui_wgpu::preferred_framebuffer_format(&formats);
        let format = format.map_err(|error| error.to_string())?;
        let [width, height] = size.map(|side| side.max(1));
        let config = surface
            .get_default_config(&adapter, width, height)
            .map(|config| wgpu::SurfaceConfiguration { format, ..config })
            .ok_or("the screen and the graphics chip do not go together")?;
        surface.configure(&device, &config);
        let renderer = Renderer::new(&device, format, RendererOptions::default());
        Ok(Self { device, queue, surface, config, renderer })
    }

    /// Has frames be of this size, in pixels.
    pub(crate) fn resize(&mut self, size: [u32; 2]) {
        let [width, height] = size.map(|side| side.max(1));
        if [self.config.width, self.config.height] != [width, height] {
            (self.config.width, self.config.height) = (width, height);
            self.surface.configure(&self.device, &self.config);
        }
    }

    /// Draws a frame; returns whether it will be seen.
    pub(crate) fn paint(
        &mut self,
        frame: &Frame,
        mut textures: TexturesDelta,
        background: [f32; 4],
    ) -> bool {
        let mut ids: Vec<_> = textures.set.keys().copied().collect();
        ids.sort();
        for id in ids {
            for delta in textures.set.remove(&id).unwrap_or_default() {
                self.renderer.update_texture(&self.device, &self.queue, id, &delta);
            }
        }
        let is_seen = self.paint_primitives(frame, background);
        let mut gone: Vec<_> = textures.free.drain().collect();
        gone.sort();
        for id in gone {
            self.renderer.free_texture(&id);
        }
        is_seen
    }

    fn paint_primitives(&mut self, frame: &Frame, [r, g, b, a]: [f32; 4]) -> bool {
        let (target, is_good) = match self.surface.get_current_texture() {
            wgpu::CurrentSurfaceTexture::Success(target) => (target, true),
            wgpu::CurrentSurfaceTexture::Suboptimal(target) => (target, false),
            _ => {
                self.surface.configure(&self.device, &self.config);
                self.queue.submit([]);
                return false;
            }
        };
        let screen = ScreenDescriptor {
            size_in_pixels: [self.config.width, self.config.height],
            pixels_per_point: frame.pixels_per_point,
        };
        let mut encoder =
            self.device.create_command_encoder(&wgpu::CommandEncoderDescriptor::default());
        let (device, queue) = (&self.device, &self.queue);
        let mut commands =
            self.renderer.update_buffers(device, queue, &mut encoder, &frame.primitives, &screen);
        let view = target.texture.create_view(&wgpu::TextureViewDescriptor::default());
        let background = wgpu::Color { r: r.into(), g: g.into(), b: b.into(), a: a.into() };
        let pass = encoder.begin_render_pass(&wgpu::RenderPassDescriptor {
            label: None,
            color_attachments: &[Some(wgpu::RenderPassColorAttachment {
                view: &view,
                resolve_target: None,
                ops: wgpu::Operations {
                    load: wgpu::LoadOp::Clear(background),
                    store: wgpu::StoreOp::Store,
                },
                depth_slice: None,
            })],
            depth_stencil_attachment: None,
            timestamp_writes: None,
            occlusion_query_set: None,
            multiview_mask: None,
        });
        self.renderer.render(&mut pass.forget_lifetime(), &frame.primitives, &screen);
        commands.push(encoder.finish());
        self.queue.submit(commands);
        self.queue.present(target);
        if !is_good {
            self.surface.configure(&self.device, &self.config);
        }
        true
    }
}
