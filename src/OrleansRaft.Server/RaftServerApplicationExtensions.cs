using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using OrleansRaft.Grains.Hosting;
using OrleansRaft.Server.Http;
using OrleansRaft.Server.Problems;

namespace OrleansRaft.Server;

/// <summary>What an application may ask for that concerns all of its answers, and not only those of the API.</summary>
public static class RaftServerApplicationExtensions
{
    /// <summary>
    /// Gives a problem as body to every error that would have none, such as the 404, 405 and 415 of routing, and refuses a path with segments of dots
    /// before anything answers for what the path was folded to. Comes first, so that it sees all of them.
    /// </summary>
    /// <param name="app">The application.</param>
    public static IApplicationBuilder UseOrleansRaftProblems(this IApplicationBuilder app)
    {
        ArgumentNullException.ThrowIfNull(app);
        return app.Use(inner => context =>
        {
            if (PathAsSent.FindDots(context.Request) is { } problem)
            {
                problem.Write(context.Response);
                return Task.CompletedTask;
            }

            var work = inner(context);
            if (!work.IsCompletedSuccessfully)
            {
                return FinishAsync(work, context);
            }

            Finish(context);
            return Task.CompletedTask;
        });
    }

    /// <summary>
    /// Asks clients to close their connection with the answer, from when the silo hands its leaderships over: the port is closed soon, and a request
    /// that is sent just then, on a connection that was kept, would be lost.
    /// </summary>
    /// <param name="app">The application.</param>
    public static IApplicationBuilder UseOrleansRaftDrain(this IApplicationBuilder app)
    {
        ArgumentNullException.ThrowIfNull(app);

        // An application without a silo of its own has nothing to hand over.
        return app.ApplicationServices.GetService<IRaftDrain>() is not { } drain ? app : app.Use(inner => context =>
        {
            // Later versions of HTTP have no such header: their connections are told by the server itself.
            if (drain.IsHandingOver && HttpProtocol.IsHttp11(context.Request.Protocol))
            {
                context.Response.Headers.Connection = "close";
            }

            return inner(context);
        });
    }

    private static async Task FinishAsync(Task work, HttpContext context)
    {
        await work;
        Finish(context);
    }

    private static void Finish(HttpContext context)
    {
        var response = context.Response;
        if (response is { StatusCode: >= StatusCodes.Status400BadRequest, HasStarted: false, ContentLength: null, ContentType: null })
        {
            KnownProblems.OfStatus(response.StatusCode, context.Request).Write(response);
        }
    }
}
