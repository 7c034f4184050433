using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using OrleansRaft.Grains.Hosting;

namespace OrleansRaft.Server;

/// <summary>
/// Asks clients to close their connection with the answer, from when the silo hands its leaderships over: the port is closed soon, and a request
/// that is sent just then, on a connection that was kept, would be lost.
/// </summary>
/// <param name="drain">The silo's orderly end; absent where the application has no silo of its own.</param>
internal sealed class LastAnswers(IRaftDrain? drain = null) : IStartupFilter
{
    public Action<IApplicationBuilder> Configure(Action<IApplicationBuilder> next) => app =>
    {
        if (drain is not null)
        {
            app.Use(inner => context =>
            {
                // Later versions of HTTP have no such header: their connections are told by the server itself.
                if (drain.IsHandingOver && HttpProtocol.IsHttp11(context.Request.Protocol))
                {
                    context.Response.Headers.Connection = "close";
                }

                return inner(context);
            });
        }

        next(app);
    };
}
