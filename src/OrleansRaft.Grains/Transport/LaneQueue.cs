using System.Buffers;

namespace OrleansRaft.Grains;

/// <summary>Gathers messages for one silo while a batch is on its way there, one batch at a time.</summary>
/// <remarks>
/// One batch outstanding keeps messages in order and makes batches grow with load. The receiver acknowledges on receipt; when it does not, the lane goes on
/// after a moment: what was lost is Raft's to repeat. When too much waits, the oldest goes: the newest heartbeat says most.
/// </remarks>
internal sealed class LaneQueue(SiloAddress target, ILaneEnd end, LaneLimits limits) : IThreadPoolWorkItem
{
    private readonly Lock gate = new();
    private readonly Queue<LaneFrame> waiting = new();
    private readonly List<LaneFrame> batch = [];
    private readonly ArrayBufferWriter<byte> output = new(1_024);
    private readonly ArrayBufferWriter<byte> message = new(256);
    private long waitingBytes;
    private bool isPumping;
    private bool isClosed;

    /// <summary>Adds a message; never blocks.</summary>
    public void Enqueue(in LaneFrame frame)
    {
        lock (gate)
        {
            if (isClosed)
            {
                return;
            }

            waiting.Enqueue(frame);
            waitingBytes += frame.SizeBytes;
            while (waiting.Count > limits.WaitingMax || (waitingBytes > limits.WaitingBytesMax && waiting.Count > 1))
            {
                DropOldest();
            }

            if (isPumping)
            {
                return;
            }

            isPumping = true;
        }

        ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
    }

    /// <summary>Drops what waits and takes nothing more: the silo is gone.</summary>
    public void Close()
    {
        lock (gate)
        {
            isClosed = true;
            waiting.Clear();
            waitingBytes = 0;
        }
    }

    /// <inheritdoc/>
    void IThreadPoolWorkItem.Execute() => PumpAsync().Ignore();

    private async Task PumpAsync()
    {
        while (TakeBatch())
        {
            await SendBatchAsync();
        }
    }

    private bool TakeBatch()
    {
        batch.Clear();
        lock (gate)
        {
            long bytes = 0;
            while (batch.Count < limits.BatchMax && waiting.TryPeek(out var next) && (batch.Count == 0 || bytes + next.SizeBytes <= limits.BatchBytesMax))
            {
                waiting.Dequeue();
                bytes += next.SizeBytes;
                batch.Add(next);
            }

            waitingBytes -= bytes;
            return isPumping = batch.Count > 0;
        }
    }

    private async Task SendBatchAsync()
    {
        try
        {
            var answer = await end.ExchangeAsync(target, LaneBatchCodec.Encode(batch, output, message), batch.Count);
            foreach (var number in LaneBatchCodec.DecodeAbsent(answer, batch.Count))
            {
                batch[number].To.Forget(target);
                batch[number].Lose();
            }
        }
        catch (Exception)
        {
            // Whatever the network threw, it means the same: these messages may be lost.
            foreach (var frame in batch)
            {
                frame.Lose();
            }

            await end.RestAsync(target);
        }
    }

    private void DropOldest()
    {
        var oldest = waiting.Dequeue();
        waitingBytes -= oldest.SizeBytes;
        oldest.Lose();
    }
}
