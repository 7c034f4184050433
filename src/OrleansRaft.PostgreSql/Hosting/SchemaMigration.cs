using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using OrleansRaft.Runtime.Storage;

namespace OrleansRaft.PostgreSql.Hosting;

/// <summary>
/// Brings the schema of the first server up to date before anything else of the host starts: Orleans' membership may live there, and looks for its
/// tables before a silo opens its store.
/// </summary>
internal sealed class SchemaMigration(PostgreSqlStoreOptions options, ILogger<PostgreSqlLogStore> logger) : IHostedLifecycleService
{
    /// <inheritdoc/>
    public async Task StartingAsync(CancellationToken cancellationToken)
    {
        // A store without servers is refused when it is opened.
        if (!options.MigrateAtStart || options.ConnectionStrings.Count == 0)
        {
            return;
        }

        await PostgreSqlSchema.MigrateAsync(options, 0, logger, cancellationToken);
        try
        {
            await PostgreSqlSchema.RequireFoundAsync(options.ConnectionStrings[0], cancellationToken);
        }
        catch (StoreRefusedException hidden)
        {
            // Nobody can tell from here whether Orleans uses this database, and by which connection string.
            Log.OrleansTablesHidden(logger, hidden.Message);
        }
    }

    /// <inheritdoc/>
    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <inheritdoc/>
    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <inheritdoc/>
    public Task StoppingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <inheritdoc/>
    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <inheritdoc/>
    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
