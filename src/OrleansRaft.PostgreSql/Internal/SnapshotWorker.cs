using Microsoft.Extensions.Logging;
using Npgsql;
using OrleansRaft.Runtime.Storage;

namespace OrleansRaft.PostgreSql.Internal;

/// <summary>Runs work on snapshots, few at once, and again for as long as the server is away.</summary>
internal sealed class SnapshotWorker(ServerConnection connection, ILogger logger) : IDisposable
{
    private const int AtOnceMax = 2;

    private readonly SemaphoreSlim places = new(AtOnceMax);

    public async Task RunAsync(HeldReplica replica, Func<NpgsqlConnection, CancellationToken, Task> work)
    {
        var backOff = default(BackOff);
        while (true)
        {
            await places.WaitAsync(replica.Closing);
            try
            {
                await using var open = await connection.OpenAsync(replica.Closing);
                await work(open, replica.Closing);
                return;
            }
            catch (Exception exception) when (
                exception is not (StoreRefusedException or CorruptDataException) && !replica.Closing.IsCancellationRequested)
            {
                Log.SnapshotWorkFailed(logger, replica.Key, connection.Name, exception.Message);
                connection.ForgetAfter(exception);
            }
            finally
            {
                places.Release();
            }

            await backOff.WaitAsync(replica.Closing);
        }
    }

    public void Dispose() => places.Dispose();
}
