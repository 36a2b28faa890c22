/** The pages and their addresses. Each page is a chunk of its own. */
import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { lazy, Suspense, useEffect, useState } from "react";
import { BrowserRouter, Route, Routes } from "react-router";
import { ApiError } from "../api/client";
import { connect, LiveContext } from "../live/store";
import { Loading } from "../ui/tile";
import { NotFound } from "./not-found";
import { Shell } from "./shell";

const Operations = lazy(() => import("../pages/operations/page"));
const IncidentPage = lazy(() => import("../pages/incident/page"));
const Engineering = lazy(() => import("../pages/engineering/page"));
const ServicePage = lazy(() => import("../pages/engineering/service"));
const Customers = lazy(() => import("../pages/customers/page"));
const CustomerPage = lazy(() => import("../pages/customers/customer"));
const Reports = lazy(() => import("../pages/reports/page"));
const Executive = lazy(() => import("../pages/executive/page"));

/** Asks again where the collector could not be reached, and never where it refused. */
const retry = (failures: number, error: Error) =>
  failures < 2 && error instanceof ApiError && (error.status === 0 || error.status >= 500);

/** A collector on the same machine, or in the same house, answers without the internet. */
const networkMode = "always";

export function App() {
  const [connection] = useState(connect);
  const [client] = useState(
    () =>
      new QueryClient({
        defaultOptions: {
          queries: { retry, staleTime: 5_000, refetchInterval: 15_000, networkMode },
          mutations: { networkMode },
        },
      }),
  );
  useEffect(() => {
    connection.start();
    const back = () => {
      if (document.visibilityState === "visible" && connection.known().link.kind !== "live") connection.again();
    };
    document.addEventListener("visibilitychange", back);
    window.addEventListener("online", back);
    return () => {
      document.removeEventListener("visibilitychange", back);
      window.removeEventListener("online", back);
      connection.stop();
    };
  }, [connection]);
  return (
    <QueryClientProvider client={client}>
      <LiveContext value={connection}>
        <BrowserRouter>
          <Shell>
            <Suspense fallback={<Loading lines={8} />}>
              <Routes>
                <Route path="/" element={<Executive />} />
                <Route path="/ui/operations" element={<Operations />} />
                <Route path="/ui/engineering" element={<Engineering />} />
                <Route path="/ui/services/:name" element={<ServicePage />} />
                <Route path="/ui/customers" element={<Customers />} />
                <Route path="/ui/customers/:id" element={<CustomerPage />} />
                <Route path="/ui/reports" element={<Reports />} />
                <Route path="/ui/incidents/:id" element={<IncidentPage />} />
                <Route path="*" element={<NotFound />} />
              </Routes>
            </Suspense>
          </Shell>
        </BrowserRouter>
      </LiveContext>
    </QueryClientProvider>
  );
}
