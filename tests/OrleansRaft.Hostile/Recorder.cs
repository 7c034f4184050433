using System.Collections.Concurrent;
using System.IO.Pipelines;
using Microsoft.AspNetCore.Connections;

namespace OrleansRaft.Hostile;

/// <summary>Keeps the beginning of what each connection of an Orleans client says: what it had said so far, and each piece.</summary>
internal sealed class Recorder
{
    private const int BytesMax = 64 * 1024;
    private const int PiecesMax = 200;

    private readonly ConcurrentQueue<byte[]> recordings = new();

    /// <summary>What was said.</summary>
    public IReadOnlyList<byte[]> Recordings => [.. recordings];

    /// <summary>Listens in on connections.</summary>
    public void Use(IConnectionBuilder connections) => connections.Use(next => async context =>
    {
        var transport = context.Transport;
        context.Transport = new HeardPipe(transport.Input, new HeardWriter(transport.Output, this));
        try
        {
            await next(context);
        }
        finally
        {
            context.Transport = transport;
        }
    });

    private sealed record HeardPipe(PipeReader Input, PipeWriter Output) : IDuplexPipe;

    private sealed class HeardWriter(PipeWriter inner, Recorder recorder) : PipeWriter
    {
        private readonly MemoryStream said = new();
        private Memory<byte> lent;

        public override bool CanGetUnflushedBytes => inner.CanGetUnflushedBytes;

        public override long UnflushedBytes => inner.UnflushedBytes;

        public override void Advance(int bytes)
        {
            if (bytes > 0 && said.Length < BytesMax && recorder.recordings.Count < PiecesMax)
            {
                var piece = lent.Span[..bytes].ToArray();
                said.Write(piece);
                recorder.recordings.Enqueue(piece);
                recorder.recordings.Enqueue(said.ToArray());
            }

            inner.Advance(bytes);
        }

        public override Memory<byte> GetMemory(int sizeHint = 0) => lent = inner.GetMemory(sizeHint);

        public override Span<byte> GetSpan(int sizeHint = 0) => GetMemory(sizeHint).Span;

        public override ValueTask<FlushResult> FlushAsync(CancellationToken cancellationToken = default) => inner.FlushAsync(cancellationToken);

        public override void CancelPendingFlush() => inner.CancelPendingFlush();

        public override void Complete(Exception? exception = null) => inner.Complete(exception);
    }
}
